import { closest, distance } from 'fastest-levenshtein';

/** The name that was meant, null when none is near. */
export function suggestion(typed: string, known: readonly string[]): string | null {
  if (known.length === 0) return null;
  const near = closest(
    typed.toLowerCase(),
    known.map((name) => name.toLowerCase()),
  );
  const name = known.find((each) => each.toLowerCase() === near);
  if (name === undefined) return null;
  // Two letters that changed places count as two.
  const allowed = typed.length <= 3 ? 1 : Math.max(2, Math.floor(typed.length / 3));
  return distance(typed.toLowerCase(), near) <= allowed ||
    (typed.length > 2 && near.startsWith(typed.toLowerCase()))
    ? name
    : null;
}

/** ` (did you mean "shop"?)`, or nothing. */
export function didYouMean(typed: string, known: readonly string[]): string {
  const name = suggestion(typed, known);
  return name === null ? '' : ` (did you mean ${JSON.stringify(name)}?)`;
}
