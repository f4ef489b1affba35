import type { Finding } from './diagnosis.js';

/** Most findings of one kind; a broker that was built anew would make one of each app. */
export const MOST_NAMED = 20;

/**
 * The findings of the first few, and one that says how many more there are.
 *
 * @param more what is said of those, and what names them
 */
export function mostNamed<T>(
  all: readonly T[],
  finding: (one: T) => Finding,
  more: (count: number) => Omit<Finding, 'about'>,
): Finding[] {
  const findings = all.slice(0, MOST_NAMED).map(finding);
  const left = all.length - findings.length;
  return left > 0 ? [...findings, { about: null, ...more(left) }] : findings;
}
