import { objectOf } from '../parsing/collections.js';
import { byType, choice, number, ruleOf, text } from '../parsing/kind.js';
import type { Flaw } from '../parsing/rule.js';

export const UPDATE_STRATEGIES = ['all_at_once', 'rolling'] as const;
export type UpdateStrategy = (typeof UPDATE_STRATEGIES)[number];

export const ON_FAILURE = ['pause', 'rollback'] as const;
export type OnFailure = (typeof ON_FAILURE)[number];

/** How containers that run are replaced. Absent members have the values of `UPDATE_DEFAULTS`. */
export interface UpdateSettings {
  strategy?: UpdateStrategy;
  /** Replicas that may be away at once while it rolls: a number, or a share of all like `"25%"`, rounded down, at least 1. */
  max_unavailable?: number | string;
  /** Seconds that a container without a health check must run until it counts as ready. */
  min_ready_seconds?: number;
  /** Seconds after its start in which a container must become ready. */
  health_timeout_seconds?: number;
  /** What becomes of an update whose container doesn't get ready. */
  on_failure?: OnFailure;
  /** Longest random wait before an image is pulled or a container that runs is replaced, seconds. */
  jitter_seconds?: number;
}

export const UPDATE_DEFAULTS: Required<UpdateSettings> = {
  strategy: 'all_at_once',
  max_unavailable: 1,
  min_ready_seconds: 5,
  health_timeout_seconds: 120,
  on_failure: 'pause',
  jitter_seconds: 0,
};

/** The settings with nothing left out. */
export function updatePolicy(spec: { update: UpdateSettings }): Required<UpdateSettings> {
  return { ...UPDATE_DEFAULTS, ...spec.update };
}

/** So many of these replicas may be away at once, at least 1. */
export function maxUnavailable({ max_unavailable }: Required<UpdateSettings>, replicas: number): number {
  if (typeof max_unavailable === 'number') return max_unavailable;
  return Math.max(1, Math.floor((replicas * Number.parseFloat(max_unavailable)) / 100));
}

const DAY = 86_400;
const seconds = number({ min: 0, max: DAY, of: 'seconds' });
const UNAVAILABLE = 'a whole number of replicas, 1 to 10000, or a share of them, "1%" to "100%"';

export const update = ruleOf(
  'update',
  objectOf(
    {
      strategy: choice(UPDATE_STRATEGIES),
      max_unavailable: byType(
        {
          'a number': { ...number({ min: 1, max: 10_000 }), allowed: UNAVAILABLE },
          text: text({ allowed: UNAVAILABLE, pattern: /^([1-9][0-9]?|100)%$/ }),
        },
        UNAVAILABLE,
      ),
      min_ready_seconds: seconds,
      health_timeout_seconds: number({ min: 1, max: DAY, of: 'seconds' }),
      on_failure: choice(ON_FAILURE),
      jitter_seconds: seconds,
    },
    {
      allowed: 'an object like {"strategy": "rolling", "max_unavailable": "25%"}',
      together: neverReady,
      examples: [{ strategy: 'rolling', max_unavailable: '25%', on_failure: 'rollback' }],
    },
  ),
);

/** A container without a health check would be given up before it can be ready. */
function* neverReady(value: Readonly<Record<string, unknown>>): Generator<Flaw> {
  const { min_ready_seconds: ready, health_timeout_seconds: limit } = updatePolicy({ update: value });
  if (ready <= limit) return;
  yield value['min_ready_seconds'] === undefined
    ? {
        at: ['health_timeout_seconds'],
        message: `must be at least min_ready_seconds, ${ready}, not ${limit}`,
      }
    : {
        at: ['min_ready_seconds'],
        message: `must be at most health_timeout_seconds, ${limit}, not ${ready}`,
      };
}
