/** An amount of memory: bytes, or a number with a binary unit like `"64m"` or `"1.5g"` (b, k, m, g, as Docker has them). */
export type Size = number | string;

const UNITS: Readonly<Record<string, number>> = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** Bytes of a size of a validated spec. -1 stays -1 (no limit). */
export function sizeBytes(size: Size): number {
  if (typeof size === 'number') return size;
  const [, digits = '', unit = 'b'] = /^(-?[0-9.]+)([bkmg]?)$/i.exec(size) ?? [];
  return Math.floor(Number(digits) * (UNITS[unit.toLowerCase() || 'b'] ?? 1));
}
