import { objectOf } from '../parsing/collections.js';
import { byType, choice, number, orNull, ruleOf, text } from '../parsing/kind.js';
import { programLine } from './command.js';

/** How the engine finds out whether a container is well. Absent members have the engine's defaults, not the image's values. */
export interface HealthCheck {
  /** Text is run by the container's shell, a list is run as it is. */
  command: string | string[];
  /** Seconds between two checks; 30 when absent. */
  interval_seconds?: number;
  /** Seconds after which a check counts as failed; 30 when absent. */
  timeout_seconds?: number;
  /** Failures in a row until it is unhealthy; 3 when absent. */
  retries?: number;
  /** Seconds after the start in which failures don't count; none when absent or 0. */
  start_period_seconds?: number;
}

/** `null`: the image's own. `"none"`: no check, whatever the image says. */
export type HealthCheckSetting = HealthCheck | 'none' | null;

/** The engine takes a millisecond at least. */
const PERIOD = { min: 0.001, max: 86_400, whole: false, of: 'seconds' };
const period = number(PERIOD);
const COMMAND = 'a command for the shell as text, or a list of its arguments';

const check = objectOf(
  {
    command: byType(
      {
        text: text({ allowed: `${COMMAND}, not empty`, pattern: /^[^\u0000]*[^\s\u0000][^\u0000]*$/ }),
        'a list': programLine,
      },
      COMMAND,
    ),
    interval_seconds: period,
    timeout_seconds: period,
    retries: number({ min: 1, max: 1_000 }),
    start_period_seconds: number({ ...PERIOD, also: { value: 0, meaning: 'none' } }),
  },
  {
    allowed: 'an object like {"command": ["curl", "-f", "http://localhost/"], "interval_seconds": 10}',
    required: ['command'],
    examples: [{ command: ['curl', '-f', 'http://localhost/'], interval_seconds: 10 }],
  },
);

/** Its command may hold a password, so no message has a value of it. */
export const healthCheck = ruleOf(
  'healthCheck',
  orNull(
    byType({ text: choice(['none']), 'an object': check }, `"none" for no check, or ${check.allowed}`),
    "the image's own",
  ),
  { secret: true },
);
