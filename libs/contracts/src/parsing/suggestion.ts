import { distance } from 'fastest-levenshtein';

/** Longer names are no typing mistakes, and comparing them costs time. */
const LONGEST = 64;

/** ` (did you mean "x"?)` when one of the known names is near, else nothing. */
export function suggestion(name: string, known: readonly string[]): string {
  if (name.length > LONGEST) return '';
  const typed = name.toLowerCase().replaceAll('-', '_');
  const nearest = known
    .map((candidate) => ({ candidate, steps: distance(typed, candidate.toLowerCase()) }))
    .sort((a, b) => a.steps - b.steps)[0];
  if (!nearest || nearest.steps > Math.max(2, Math.floor(nearest.candidate.length / 3))) return '';
  return ` (did you mean "${nearest.candidate}"?)`;
}
