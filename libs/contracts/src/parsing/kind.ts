import { kindOf, quoted } from './problem.js';
import { type Flaw, type Owner, type Rule, wrongKind } from './rule.js';
import { suggestion } from './suggestion.js';

/**
 * What a value may be, in words, as JSON Schema and as a check, which takes the words from beside it. Rules of fields
 * are put together from these.
 */
export type Kind = Pick<Rule, 'allowed' | 'schema' | 'check'>;

interface TextOptions {
  /** What is allowed, in words that fit behind "must be". */
  allowed: string;
  pattern?: RegExp;
  /** Longest text, characters. */
  max?: number;
  /** What is wrong with a text that has the pattern; it reads on from "must be …: ". It tells no secret. */
  flaw?: (text: string) => string | null;
  examples?: readonly string[];
}

/** Text without NUL, which neither a process nor a file can take. */
export function text({ allowed, pattern, max, flaw, examples }: TextOptions): Kind {
  return {
    allowed,
    schema: {
      type: 'string',
      pattern: pattern?.source ?? '^[^\\u0000]*$',
      ...(max === undefined ? {} : { maxLength: max }),
      ...(examples ? { examples } : {}),
    },
    *check(value) {
      if (typeof value !== 'string') yield wrongKind(value, this.allowed);
      else if (value.includes('\0')) yield { message: 'must be text without NUL' };
      else if (max !== undefined && value.length > max) {
        yield { message: `must be at most ${max} characters long, not ${value.length}` };
      } else if (pattern && !pattern.test(value)) yield { message: `must be ${this.allowed}` };
      else {
        const reason = flaw?.(value);
        if (reason) yield { message: `must be ${this.allowed}: ${reason}` };
      }
    },
  };
}

interface NumberOptions {
  min: number;
  max: number;
  /** Fractions are not allowed. */
  whole?: boolean;
  /** What it counts, like `seconds`. */
  of?: string;
  /** One value out of the range that is allowed too, and what it stands for. */
  also?: { value: number; meaning: string };
}

export function number({ min, max, whole = true, of, also }: NumberOptions): Kind {
  const range = `${whole ? 'a whole number' : 'a number'}${of ? ` of ${of}` : ''}, ${min} to ${max}`;
  const allowed = also ? `${range}, or ${also.value} for ${also.meaning}` : range;
  const within = { type: whole ? 'integer' : 'number', minimum: min, maximum: max };
  return {
    allowed,
    schema: also ? { oneOf: [within, { const: also.value }] } : within,
    *check(value) {
      if (typeof value !== 'number') yield wrongKind(value, this.allowed);
      else if (
        value !== also?.value &&
        !(value >= min && value <= max && (!whole || Number.isInteger(value)))
      )
        yield { message: `must be ${this.allowed}, not ${quoted(value)}` };
    },
  };
}

/** One of a few words. */
export function choice(words: readonly string[], aside = ''): Kind {
  const allowed = `${aside}one of ${words.map((word) => `"${word}"`).join(', ')}`;
  return {
    allowed,
    schema: { enum: words },
    *check(value) {
      if (typeof value !== 'string') yield wrongKind(value, this.allowed);
      else if (!words.includes(value))
        yield { message: `must be ${this.allowed}${suggestion(value, words)}` };
    },
  };
}

/** Null beside what a kind allows. */
export function orNull(kind: Kind, meaning: string): Kind {
  const allowed = `null for ${meaning}, or ${kind.allowed}`;
  const { examples, ...schema } = kind.schema;
  const others = { ...kind, allowed };
  return {
    allowed,
    schema: { oneOf: [{ type: 'null' }, schema], ...(examples ? { examples } : {}) },
    *check(value, owner) {
      if (value !== null) yield* others.check(value, owner);
    },
  };
}

/** The first kind whose JavaScript type the value has. The types are those of `kindOf`. */
export function byType(kinds: Readonly<Record<string, Kind>>, allowed: string): Kind {
  return {
    allowed,
    schema: { oneOf: Object.values(kinds).map(({ schema }) => schema) },
    *check(value, owner) {
      const kind = kinds[kindOf(value)];
      if (kind) yield* kind.check(value, owner);
      else yield wrongKind(value, this.allowed);
    },
  };
}

interface RuleOptions {
  /** Values of this field must not be shown. */
  secret?: boolean;
  /** What is wrong with a value that is right by itself, beside other fields. */
  against?: (value: unknown, owner: Owner) => Iterable<Flaw>;
}

/** The rule of a field. */
export function ruleOf(name: string, kind: Kind, { secret, against }: RuleOptions = {}): Rule {
  return {
    name,
    allowed: kind.allowed,
    schema: kind.schema,
    ...(secret ? { secret } : {}),
    *check(value, owner) {
      let right = true;
      for (const flaw of kind.check(value, owner)) {
        right = false;
        yield flaw;
      }
      if (right && against) yield* against(value, owner);
    },
  };
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
