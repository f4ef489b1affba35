import { type FieldProblem, MAX_PROBLEMS, parseAppName } from '@nebula/contracts';
import { isLive } from '../apps/app-answer.js';
import { etagOf } from '../apps/etag.js';
import type { Preconditions } from '../apps/preconditions.js';
import { ProblemError } from '../http/problem.js';
import { PROBLEMS } from '../http/problem-types.js';
import type { AppRecord } from '../store/app-store.js';

/**
 * What whoever sends a document has looked at: the revision of each app, which for a deleted app may be that of its
 * deletion; null where there was none.
 */
export type Expected = ReadonlyMap<string, number | null>;

/** An app that would be changed, deleted or left as it is, and what is there. */
export interface Found {
  app_name: string;
  before: AppRecord | null;
}

const MEMBER = '/expected';

/** The member `expected` of a document; null when it is left out. What is wrong with it goes to `problems`. */
export function readExpected(input: unknown, problems: FieldProblem[]): Expected | null {
  if (input === undefined) return null;
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    const message = 'must be an object of revisions by app, like {"shop": 7, "web": null}';
    problems.push({ pointer: MEMBER, message });
    return null;
  }
  const entries = Object.entries(input as Record<string, unknown>);
  for (const [name, revision] of entries) {
    const message = flawOf(name, revision);
    if (message !== null) problems.push({ pointer: pointerOf(name), message });
  }
  return new Map(entries as [string, number | null][]);
}

function flawOf(name: string, revision: unknown): string | null {
  if (!parseAppName(name).ok) return 'must be a name that an app can have';
  if (revision === null || (Number.isSafeInteger(revision) && Number(revision) >= 1)) return null;
  return 'must be a revision, a whole number from 1, or null for no app';
}

/**
 * Compares what was looked at with what is there, before anything is changed.
 * @param found all that something would be done to
 * @param untouched names to which nothing will be done for another reason
 * @throws {ProblemError} that names every app that isn't as expected, as far as a problem lists them
 */
export function requireExpected(
  expected: Expected,
  found: readonly Found[],
  untouched: ReadonlySet<string>,
): void {
  const names = new Set(found.map(({ app_name }) => app_name));
  const strange = [...expected.keys()].filter((name) => !names.has(name) && !untouched.has(name));
  const message = 'must not be there, as the app is neither in the document nor would it be deleted';
  const errors = [
    ...found.flatMap((each) => differenceOf(expected, each)),
    ...strange.map((name) => ({ pointer: pointerOf(name), message })),
  ];
  const [first] = errors;
  if (first === undefined) return;
  const more = errors.length > 1 ? `, and ${errors.length - 1} more` : '';
  const detail = `Nothing was changed: ${first.pointer} ${first.message}${more}.`;
  throw new ProblemError(PROBLEMS.preconditionFailed, { detail, errors: errors.slice(0, MAX_PROBLEMS) });
}

/** What holds for the change itself, since somebody may come between the comparison and the change. */
export function conditionsOf({ before }: Found): Preconditions {
  if (!isLive(before)) return { ifNoneMatch: '*' };
  return { ifMatch: [{ weak: false, opaque: etagOf(before) }] };
}

function differenceOf(expected: Expected, { app_name, before }: Found): FieldProblem[] {
  const wanted = expected.get(app_name);
  const now = isLive(before) ? before.revision : null;
  if (wanted === now || (wanted !== undefined && wanted === before?.revision)) return [];
  const must =
    now === null ? 'null, as there is no such app now' : `${now}, the revision that the app has now`;
  const was = wanted === undefined ? '; it is missing' : `, not ${wanted}`;
  return [{ pointer: pointerOf(app_name), message: `must be ${must}${was}` }];
}

function pointerOf(name: string): string {
  return `${MEMBER}/${name.slice(0, 200).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
