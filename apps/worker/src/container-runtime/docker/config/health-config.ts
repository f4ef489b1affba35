import type { HealthCheckSetting } from '@nebula/contracts';
import { CHECK_DEFAULTS } from '../../../reconcile/meaning.js';

const SECOND = 1_000_000_000;

/** The engine takes 0 for "as the image has it", so the shortest time that it knows stands for no start period. */
const NO_TIME = 1_000_000;

/** Docker's form of a health check. Times are nanoseconds. */
export interface HealthConfig {
  Test: string[];
  Interval?: number;
  Timeout?: number;
  StartPeriod?: number;
  Retries?: number;
}

/** Every member is said, since the engine would take what is left out from the image's own check. */
export function healthConfig(check: NonNullable<HealthCheckSetting>): HealthConfig {
  if (check === 'none') return { Test: ['NONE'] };
  const { command, interval_seconds, timeout_seconds, retries, start_period_seconds } = {
    ...CHECK_DEFAULTS,
    ...check,
  };
  return {
    Test: typeof command === 'string' ? ['CMD-SHELL', command] : ['CMD', ...command],
    Interval: nanoseconds(interval_seconds),
    Timeout: nanoseconds(timeout_seconds),
    StartPeriod: nanoseconds(start_period_seconds),
    Retries: retries,
  };
}

function nanoseconds(seconds: number): number {
  return Math.max(NO_TIME, Math.round(seconds * SECOND));
}
