/** One thing that is wrong with an input. */
export interface FieldProblem {
  /**
   * JSON Pointer (RFC 6901) to the field, `''` for the whole input. A name longer than 200 characters is
   * shortened in it.
   */
  pointer: string;
  /**
   * The offending value, shortened when it is long; absent when the field is missing, and where the value may
   * be a secret: the environment of an app, and fields that aren't known.
   */
  value?: unknown;
  /** What is wrong and what would be right, for people. It reads on from the name of the field. */
  message: string;
}

export type ParseResult<T> = { ok: true; value: T } | { ok: false; problems: FieldProblem[] };

/** Way from the root of an input to a value: names of members and indexes of items. */
export type Path = readonly (string | number)[];

/** So many problems of one input are listed. One more says that the list is cut. */
export const MAX_PROBLEMS = 50;

const LONGEST_NAME = 200;
const LONGEST_VALUE = 200;

export function pointerTo(path: Path): string {
  return path
    .map((token) => `/${shortText(String(token), LONGEST_NAME).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}

/**
 * A JSON value fit for an answer or a log line: never long, and a copy that JSON can carry.
 * @param value of bounded depth, as `cleanCopy` makes it
 */
export function shortened(value: unknown): unknown {
  if (typeof value === 'string') return shortText(value, LONGEST_VALUE);
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : String(value);
  if (typeof value !== 'object' || value === null) return value;
  const text = JSON.stringify(value);
  return text.length > LONGEST_VALUE ? shortText(text, LONGEST_VALUE) : JSON.parse(text);
}

/** The kind of a value in words that fit behind "not". */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'number') return Number.isFinite(value) ? 'a number' : String(value);
  return typeof value === 'boolean' ? String(value) : 'an object';
}

/** A value quoted in a message: the text of scalars, the kind of everything else. */
export function quoted(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(shortText(value, 80));
  return typeof value === 'number' ? String(value) : kindOf(value);
}

/** Collects problems up to the limit, so that a hostile input can't make a huge answer. */
export class ProblemList {
  readonly problems: FieldProblem[] = [];

  get full(): boolean {
    return this.problems.length > MAX_PROBLEMS;
  }

  add(problem: FieldProblem): void {
    if (this.full) return;
    if (this.problems.length < MAX_PROBLEMS) this.problems.push(problem);
    else
      this.problems.push({ pointer: '', message: `has more problems; these are the first ${MAX_PROBLEMS}` });
  }
}

function shortText(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}
