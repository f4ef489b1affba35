import { distance } from 'fastest-levenshtein';

/** A known name that is near to what was typed, as the end of a sentence; empty when none is. */
export function suggestion(name: string, known: readonly string[]): string {
  const typed = name.slice(0, 64).toLowerCase().replaceAll('-', '_');
  const [nearest] = known
    .map((candidate) => ({ candidate, steps: distance(typed, candidate) }))
    .sort((a, b) => a.steps - b.steps);
  return nearest && nearest.steps <= Math.max(2, Math.floor(nearest.candidate.length / 3))
    ? `; did you mean "${nearest.candidate}"?`
    : '';
}
