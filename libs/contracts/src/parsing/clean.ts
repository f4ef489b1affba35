import { kindOf, type Path, pointerTo, type ProblemList } from './problem.js';

/** Deepest nesting that is read; specs and messages need five levels. */
export const MAX_DEPTH = 32;

/** Most values in one input; a report about 10,000 containers has about 200,000. */
export const MAX_VALUES = 1_000_000;

/** Most names in one object; the transformer's time grows with their square. */
export const MAX_NAMES = 10_000;

/** Half of a character: UTF-8 can't carry it, so that feed or database would change it on the way. */
const LONE_SURROGATE = /\p{Surrogate}/u;
const HALF_CHARACTER = 'has half a character (a lone surrogate)';

/**
 * A deep copy of an input that is safe to hand to the validator: an object at the root, JSON values alone,
 * bounded depth and size, no name that every object inherits. What is refused becomes a problem and is null in
 * the copy, so that the rest can still be checked and indexes stay what they were. Null when nothing can be
 * checked.
 */
export function cleanCopy(input: unknown, problems: ProblemList): Record<string, unknown> | null {
  if (!isRecord(input)) {
    problems.add({ pointer: '', message: `must be a JSON object, not ${kindOf(input)}` });
    return null;
  }
  const cleaner = new Cleaner(problems);
  const copy = cleaner.record(input, []);
  return cleaner.exhausted ? null : copy;
}

class Cleaner {
  private values = 0;

  constructor(private readonly problems: ProblemList) {}

  get exhausted(): boolean {
    return this.values > MAX_VALUES;
  }

  record(input: object, path: Path): Record<string, unknown> {
    const copy: Record<string, unknown> = {};
    const members = Object.entries(input);
    if (members.length > MAX_NAMES) this.refuse(path, `has more than ${MAX_NAMES} names`);
    for (const [name, value] of members.slice(0, MAX_NAMES)) {
      if (!this.room(1)) break;
      if (name in Object.prototype) this.refuse([...path, name], `can't be used as a name`);
      else if (LONE_SURROGATE.test(name)) this.refuse([...path, name], HALF_CHARACTER);
      else if (value !== undefined) copy[name] = this.value(value, [...path, name]);
    }
    return copy;
  }

  private value(value: unknown, path: Path): unknown {
    if (typeof value === 'string' && LONE_SURROGATE.test(value)) return this.refuse(path, HALF_CHARACTER);
    if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return value;
    if (!Array.isArray(value) && !isRecord(value)) return this.refuse(path, 'is no JSON value');
    if (path.length >= MAX_DEPTH) return this.refuse(path, `is nested deeper than ${MAX_DEPTH} levels`);
    return Array.isArray(value) ? this.list(value, path) : this.record(value, path);
  }

  private list(items: readonly unknown[], path: Path): unknown[] {
    if (!this.room(items.length)) return [];
    return Array.from(items, (item, index) => this.value(item, [...path, index]));
  }

  /** Counts values before they are visited, so that a sparse list of any length costs nothing. */
  private room(more: number): boolean {
    if (this.exhausted) return false;
    this.values += more;
    if (this.exhausted) {
      this.problems.add({ pointer: '', message: `has more than ${MAX_VALUES} values` });
    }
    return !this.exhausted;
  }

  private refuse(path: Path, message: string): null {
    this.problems.add({ pointer: pointerTo(path), message });
    return null;
  }
}

function isRecord(value: unknown): value is object {
  return Object.prototype.toString.call(value) === '[object Object]';
}
