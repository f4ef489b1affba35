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
