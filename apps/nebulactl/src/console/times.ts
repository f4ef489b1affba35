import { UsageError } from '../usage-error.js';

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
] as const;

/** How long ago, in the largest unit that fits twice: `90s`, `12m`, `3h`, `14d`. */
export function ageOf(moment: string | null, now: number): string {
  if (moment === null) return '';
  return shortDuration(Math.max(0, (now - Date.parse(moment)) / 1_000));
}

export function shortDuration(seconds: number): string {
  const [unit, size] = UNITS.find(([, each]) => seconds >= 2 * each) ?? (['s', 1] as const);
  return `${Math.floor(seconds / size)}${unit}`;
}

/**
 * Milliseconds of `90`, `90s`, `10m`, `2h` or `1d`.
 * @throws {UsageError} that names the option
 */
export function parseDuration(option: string, text: string): number {
  const [, number = '', unit = 's'] = /^(\d{1,9})([smhd]?)$/.exec(text) ?? [];
  const size = UNITS.find(([name]) => name === (unit || 's'))?.[1] ?? 1;
  if (number === '')
    throw new UsageError(`${option} must be a time like 90s, 10m or 2h, not ${JSON.stringify(text)}`);
  return Number(number) * size * 1_000;
}
