import { byType, type Kind, number, text } from '../parsing/kind.js';

/** An amount of memory: bytes, or a number with a binary unit like `"64m"` or `"1.5g"` (b, k, m, g, as Docker has them). */
export type Size = number | string;

const UNITS: Readonly<Record<string, number>> = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };
const FORM = /^([0-9]+(?:\.[0-9]+)?)([bkmg]?)$/i;

/** Bytes of a size of a validated spec. -1 stays -1 (no limit). */
export function sizeBytes(size: Size): number {
  if (typeof size === 'number') return size;
  const [, digits = '', unit = ''] = FORM.exec(size) ?? [];
  return Math.floor(Number(digits) * (UNITS[unit.toLowerCase() || 'b'] ?? 1));
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
  const words = `a size of at least ${min}, like "64m" or "1.5g" (units b, k, m, g), or in bytes`;
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
