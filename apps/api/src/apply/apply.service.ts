import type { AppSpec, FieldProblem } from '@nebula/contracts';
import { Injectable } from '@nestjs/common';
import { requireChange } from '../access/access-decision.js';
import type { Made } from '../apps/app-changes.js';
import { invalidSpec } from '../apps/app-problems.js';
import { AppsService } from '../apps/apps.service.js';
import type { Intent } from '../apps/intent.js';
import { inParallel, MANY_APPS_LIMIT_MS } from '../apps/many-apps.js';
import { type Preview, Previews } from '../apps/previews.service.js';
import { ProblemError } from '../http/problem.js';
import { PROBLEMS } from '../http/problem-types.js';
import { toProblem } from '../http/to-problem.js';
import type { AppRecord } from '../store/app-store.js';
import { placedAt, readApplyDocument } from './apply-document.js';
import { conditionsOf, type Expected, requireExpected } from './expected.js';

/** What becomes of an app. `kept`: it would have been deleted, but something else failed. */
export const APPLY_RESULTS = ['created', 'changed', 'unchanged', 'deleted', 'kept', 'failed'] as const;
export type ApplyResult = (typeof APPLY_RESULTS)[number];

/** What became of one app, or would. */
export interface AppliedApp {
  app_name: string;
  result: ApplyResult;
  /** The one that it has now; null when it failed, and in a dry run. */
  revision: number | null;
  /** Why it failed, else null. */
  problem: Record<string, unknown> | null;
  /** Of a dry run alone. */
  preview?: Preview;
}

/** Which apps that are not in the document are deleted: those whose names begin so. */
export interface Pruning {
  prefix: string;
}

/** An app, and how it is changed when that is asked for. */
interface Change {
  app_name: string;
  /** Index in the document; null of an app that isn't in it. */
  index: number | null;
  make: (intent: Intent) => Promise<Made<AppRecord>>;
}

type Looked = { change: Change; made: Made<AppRecord> } | { change: Change; problem: ProblemError };

const PAGE = 100;

/** Makes apps what a document says. */
@Injectable()
export class ApplyService {
  constructor(
    private readonly apps: AppsService,
    private readonly previews: Previews,
  ) {}

  /**
   * Everything is looked at before the first change is made, so a document of which any spec is refused changes nothing.
   * It is refused, too, when it says what was looked at and anything of that is another now: so nothing is changed, and
   * above all deleted, that nobody has seen. After that an app that can't be changed hinders no other; only deletions
   * wait until all others are done.
   * @throws {ProblemError} when the document is refused
   * @throws {StoreUnavailableError} when the store is away before anything was changed
   */
  async apply(input: unknown, pruning: Pruning | null, intent: Intent): Promise<AppliedApp[]> {
    const { specs, expected } = readApplyDocument(input);
    if (pruning) requireSafePruning(specs, pruning);
    const changes = specs.map((spec, index) => this.changeTo(spec, index));
    const deletions = pruning ? await this.deletions(specs, pruning, intent) : [];
    const looked = await inParallel([...changes, ...deletions], (change) => this.look(change, intent));
    refuseInvalid(looked);
    if (expected) refuseUnexpected(expected, looked);
    if (intent.dryRun) {
      const willKeep = hasFailure(looked);
      return await inParallel(looked, async (each) =>
        willKeep && isDeletion(each) ? kept(each) : await this.previewed(each),
      );
    }
    const deadline = performance.now() + MANY_APPS_LIMIT_MS;
    const work = async (each: Looked) =>
      await make(each, expected ? asLooked(each, intent) : intent, deadline);
    const done = await inParallel(
      looked.filter((each) => !isDeletion(each)),
      work,
    );
    const hasFailed = done.some(({ result }) => result === 'failed');
    const deleted = await inParallel(looked.filter(isDeletion), async (each) =>
      hasFailed ? kept(each) : await work(each),
    );
    return [...done, ...deleted];
  }

  private changeTo(spec: AppSpec, index: number): Change {
    const { app_name } = spec;
    return { app_name, index, make: (intent) => this.apps.put(app_name, spec, intent) };
  }

  /** Of the apps that the caller may see, all but those of the document. */
  private async deletions(
    specs: readonly AppSpec[],
    { prefix }: Pruning,
    { caller }: Intent,
  ): Promise<Change[]> {
    const named = new Set(specs.map(({ app_name }) => app_name));
    const found: Change[] = [];
    for (let after: string | null = ''; after !== null; ) {
      const place: { after?: string } = after === '' ? {} : { after };
      const page = await this.apps.list({ limit: PAGE, prefix, ...place }, caller);
      for (const { app_name } of page.items) {
        if (named.has(app_name)) continue;
        found.push({ app_name, index: null, make: (intent) => this.apps.delete(app_name, intent) });
      }
      after = page.next_after;
    }
    return found;
  }

  private async look(change: Change, intent: Intent): Promise<Looked> {
    try {
      requireChange(intent.caller, change.app_name);
      return { change, made: await change.make({ ...intent, dryRun: true }) };
    } catch (error) {
      if (error instanceof ProblemError) return { change, problem: error };
      throw error;
    }
  }

  private async previewed(looked: Looked): Promise<AppliedApp> {
    if ('problem' in looked) return failed(looked, looked.problem);
    const preview = await this.previews.of(looked.made);
    return { ...outcome(looked.made), revision: null, preview };
  }
}

function isDeletion({ change }: Looked): boolean {
  return change.index === null;
}

/** Whether a change is known to fail already, so that nothing is deleted. */
function hasFailure(looked: readonly Looked[]): boolean {
  return looked.some((each) => 'problem' in each && !isDeletion(each));
}

function asLooked(looked: Looked, intent: Intent): Intent {
  return 'made' in looked ? { ...intent, expected: conditionsOf(foundOf(looked)) } : intent;
}

function foundOf({ change, made }: Extract<Looked, { made: unknown }>) {
  return { app_name: change.app_name, before: made.before };
}

async function make(looked: Looked, intent: Intent, deadline: number): Promise<AppliedApp> {
  if ('problem' in looked) return failed(looked, looked.problem);
  const { change, made } = looked;
  if (made.after === made.before) return outcome(made);
  try {
    if (performance.now() > deadline) throw timedOut();
    return outcome(await change.make(intent));
  } catch (error) {
    const problem = toProblem(error);
    return failed(looked, problem.problem === PROBLEMS.preconditionFailed ? overtaken() : problem);
  }
}

function outcome({ before, after }: Made<AppRecord>): AppliedApp {
  const result = after === before ? 'unchanged' : resultOf(after);
  return { app_name: after.app_name, result, revision: after.revision, problem: null };
}

function resultOf({ change, deleted }: AppRecord): ApplyResult {
  if (deleted) return 'deleted';
  return change === 'created' ? 'created' : 'changed';
}

function kept({ change: { app_name } }: Looked): AppliedApp {
  return { app_name, result: 'kept', revision: null, problem: null };
}

function failed({ change: { app_name } }: Looked, error: ProblemError): AppliedApp {
  const { instance: _instance, ...problem } = error.body('');
  return { app_name, result: 'failed', revision: null, problem };
}

function overtaken(): ProblemError {
  const detail =
    'Somebody else changed it while the document was applied; look at it, and apply the document again.';
  return new ProblemError(PROBLEMS.preconditionFailed, { detail });
}

function timedOut(): ProblemError {
  const detail = `It was not begun with, as the others took ${MANY_APPS_LIMIT_MS / 1_000} s; apply the document again.`;
  return new ProblemError(PROBLEMS.timedOut, { detail });
}

/** @throws {ProblemError} with every spec that the api can't take, each at its place in the document */
function refuseInvalid(looked: readonly Looked[]): void {
  const problems = looked.flatMap((each): FieldProblem[] => {
    if (!('problem' in each) || each.problem.problem.status !== 422 || each.change.index === null) return [];
    const { errors = [] } = each.problem.body('') as { errors?: FieldProblem[] };
    return placedAt(each.change.index, errors);
  });
  if (problems.length > 0) throw invalidSpec(problems.slice(0, 50));
}

/** @throws {ProblemError} when anything that would be done was not looked at, or is another now */
function refuseUnexpected(expected: Expected, looked: readonly Looked[]): void {
  const willKeep = hasFailure(looked);
  const found = looked.flatMap((each) =>
    'made' in each && !(willKeep && isDeletion(each)) ? [foundOf(each)] : [],
  );
  const names = new Set(looked.map(({ change }) => change.app_name));
  requireExpected(expected, found, names);
}

/** @throws {ProblemError} when the document can't be meant to be all that there shall be */
function requireSafePruning(specs: readonly AppSpec[], { prefix }: Pruning): void {
  if (specs.length === 0) {
    const message = 'must not be empty with prune=true, which would delete every app; delete apps by name';
    throw invalidSpec([{ pointer: '/apps', message }]);
  }
  const problems = specs.flatMap(({ app_name }, index) => {
    const message = `must begin with ${JSON.stringify(prefix)}, as prune is asked for such apps alone`;
    return app_name.startsWith(prefix)
      ? []
      : [{ pointer: `/apps/${index}/app_name`, value: app_name, message }];
  });
  if (problems.length > 0) throw invalidSpec(problems.slice(0, 50));
}
