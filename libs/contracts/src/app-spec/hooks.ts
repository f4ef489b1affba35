import { objectOf } from '../parsing/collections.js';
import { number, ruleOf } from '../parsing/kind.js';
import { programLine } from './command.js';

/** A command that is run inside the container, as it is (no shell). */
export interface Hook {
  command: string[];
  /** Seconds until it is given up; 30 when absent. */
  timeout_seconds?: number;
}

/**
 * `post_start` runs after the start: when it fails, the start has failed. `pre_stop` runs before the container is
 * stopped by the worker: when it fails, that is logged, and the container is stopped all the same.
 */
export interface Hooks {
  post_start?: Hook;
  pre_stop?: Hook;
}

/** Seconds until a hook without a limit of its own is given up. */
export const HOOK_TIMEOUT = 30;

const hook = objectOf(
  { command: programLine, timeout_seconds: number({ min: 1, max: 3_600, of: 'seconds' }) },
  { allowed: 'an object like {"command": ["/bin/drain"], "timeout_seconds": 20}', required: ['command'] },
);

/** Their commands may hold passwords, so no message has a value of them. */
export const hooks = ruleOf(
  'hooks',
  objectOf(
    { post_start: hook, pre_stop: hook },
    {
      allowed: 'an object like {"pre_stop": {"command": ["/bin/drain"]}}',
      examples: [{ pre_stop: { command: ['/bin/drain'], timeout_seconds: 20 } }],
    },
  ),
  { secret: true },
);
