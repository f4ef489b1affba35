import { parseAppSpec } from '../parse-app-spec.js';

/** Fields of a spec in which nothing is wrong. */
export const RIGHT = { app_name: 'shop', docker_image: 'shop:1' };

/** What the parser says about a spec with these fields, as `pointer message`; empty when it takes it. */
export function problemsOf(fields: Record<string, unknown>): string[] {
  const result = parseAppSpec({ ...RIGHT, ...fields });
  return result.ok ? [] : result.problems.map(({ pointer, message }) => `${pointer} ${message}`);
}

/** Pointers of the problems alone. */
export function wrongPlaces(fields: Record<string, unknown>): string[] {
  return problemsOf(fields).map((problem) => problem.slice(0, problem.indexOf(' ')));
}
