import { byType, type Kind, number, text } from '../parsing/kind.js';

/**
 * An amount of memory: bytes, or a number with a binary unit like `"64m"`, `"1.5g"` or `"64MiB"`. The forms are Docker's
 * (go-units, RAMInBytes): b, k, m, g, t, p in any case, with `b` or `ib` behind, after a blank if wanted.
 */
export type Size = number | string;

const UNITS = ['b', 'k', 'm', 'g', 't', 'p'];
const FORM = /^([0-9]+(?:\.[0-9]+)?)(?: ?([bB]|[kKmMgGtTpP](?:[iI]?[bB])?))?$/;

/** Bytes of a size of a validated spec. -1 stays -1 (no limit). */
export function sizeBytes(size: Size): number {
  if (typeof size === 'number') return size;
  const [, digits = '', unit = 'b'] = FORM.exec(size) ?? [];
  const power = Math.max(0, UNITS.indexOf(unit.charAt(0).toLowerCase()));
  return Math.floor(Number(digits) * 1024 ** power);
}

/** Bytes of what may be a size; null when it is none, or no limit. */
export function bytesOf(value: unknown): number | null {
  if (typeof value === 'number') return value >= 0 ? value : null;
  return typeof value === 'string' && FORM.test(value) ? sizeBytes(value) : null;
}

interface SizeOptions {
  /** Fewest bytes, as text of a size. */
  min: string;
  /** -1 is allowed too, and what it stands for. */
  unlimited?: string;
}

export function size({ min, unlimited }: SizeOptions): Kind {
  const least = sizeBytes(min);
  const words = `a size of at least ${min}, like "64m" or "1.5g" (units b, k, m, g, t, p), or in bytes`;
  const allowed = unlimited === undefined ? words : `${words}, or -1 for ${unlimited}`;
  const also = unlimited === undefined ? {} : { also: { value: -1, meaning: unlimited } };
  const bytes = number({ min: least, max: Number.MAX_SAFE_INTEGER, of: 'bytes', ...also });
  const written = text({
    allowed,
    pattern: FORM,
    flaw: (value) => {
      const found = sizeBytes(value);
      if (found < least) return `it is ${found} bytes`;
      return Number.isSafeInteger(found) ? null : 'it is too large';
    },
  });
  return {
    ...byType({ text: written, 'a number': { ...bytes, allowed } }, allowed),
    schema: { oneOf: [bytes.schema, { type: 'string', pattern: FORM.source }], examples: ['64m'] },
  };
}
