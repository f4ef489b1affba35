import { type AppSpec, type FieldProblem, MAX_PROBLEMS, parseAppSpec } from '@nebula/contracts';
import { invalidSpec } from '../apps/app-problems.js';
import { type Expected, readExpected } from './expected.js';

/** Most apps in one document. */
export const MOST_APPS = 1_000;

/** What a document says. */
export interface ApplyDocument {
  /** Each whole with its defaults. */
  specs: AppSpec[];
  /** Null when whatever is there may be changed. */
  expected: Expected | null;
}

/**
 * Reads a document `{"apps": [spec, …], "expected": {name: revision, …}}`.
 * @throws {ProblemError} with all that is wrong, as far as a problem lists it; then nothing of it is taken
 */
export function readApplyDocument(input: unknown): ApplyDocument {
  const { items, expected } = membersOf(input);
  const problems: FieldProblem[] = [];
  const specs: AppSpec[] = [];
  const first = new Map<string, number>();
  for (const [index, item] of items.entries()) {
    if (problems.length >= MAX_PROBLEMS) break;
    const result = parseAppSpec(item);
    if (!result.ok) problems.push(...placedAt(index, result.problems));
    else {
      const { app_name } = result.value;
      const earlier = first.get(app_name);
      if (earlier === undefined) first.set(app_name, index);
      else {
        const message = `must be in the document once; item ${earlier} is ${JSON.stringify(app_name)} too`;
        problems.push({ pointer: `/apps/${index}/app_name`, value: app_name, message });
      }
      specs.push(result.value);
    }
  }
  if (problems.length > 0) throw invalidSpec(problems.slice(0, MAX_PROBLEMS));
  return { specs, expected };
}

/** Problems of one spec as those of the document. */
export function placedAt(index: number, problems: readonly FieldProblem[]): FieldProblem[] {
  return problems.map((problem) => ({ ...problem, pointer: `/apps/${index}${problem.pointer}` }));
}

function membersOf(input: unknown): { items: readonly unknown[]; expected: Expected | null } {
  const form =
    'an object with "apps", a list of specs: {"apps": [{"app_name": "shop", "docker_image": "shop:1"}]}';
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw invalidSpec([{ pointer: '', message: `must be ${form}` }]);
  }
  const { apps, expected: seen, ...others } = input as Record<string, unknown>;
  const unknown = Object.keys(others).slice(0, MAX_PROBLEMS - 1);
  const problems: FieldProblem[] = unknown.map((name) => ({
    pointer: `/${name.slice(0, 200).replaceAll('~', '~0').replaceAll('/', '~1')}`,
    message: 'is not known here; a document has "apps", and may have "expected"',
  }));
  if (!Array.isArray(apps)) problems.push({ pointer: '/apps', message: 'must be a list of specs' });
  else if (apps.length > MOST_APPS) {
    problems.push({ pointer: '/apps', message: `must have at most ${MOST_APPS} specs, not ${apps.length}` });
  }
  const expected = readExpected(seen, problems);
  if (problems.length > 0) throw invalidSpec(problems.slice(0, MAX_PROBLEMS));
  return { items: apps as unknown[], expected };
}
