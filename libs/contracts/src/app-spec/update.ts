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
