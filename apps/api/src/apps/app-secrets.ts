import { type AppSpec, specSizeProblems, unmaskSpec } from '@nebula/contracts';
import { invalidSpec } from './app-problems.js';

/**
 * The spec that is meant: where a mask was sent back, with the value that the app has.
 *
 * @param previous spec of the app, null when there is none
 * @throws {ProblemError} for a mask that stands for nothing, and for a spec that is too large with its values
 */
export function specMeant(given: AppSpec, previous: AppSpec | null): AppSpec {
  const unmasked = unmaskSpec(given, previous);
  if (!unmasked.ok) throw invalidSpec(unmasked.problems);
  const problems = specSizeProblems(unmasked.value);
  if (problems.length > 0) throw invalidSpec(problems);
  return unmasked.value;
}
