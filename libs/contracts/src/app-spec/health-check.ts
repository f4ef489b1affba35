/** How the engine finds out whether a container is well. Absent members have the engine's defaults. */
export interface HealthCheck {
  /** Text is run by the container's shell, a list is run as it is. */
  command: string | string[];
  /** Seconds between two checks; 30 when absent. */
  interval_seconds?: number;
  /** Seconds after which a check counts as failed; 30 when absent. */
  timeout_seconds?: number;
  /** Failures in a row until it is unhealthy; 3 when absent. */
  retries?: number;
  /** Seconds after the start in which failures don't count; 0 when absent. */
  start_period_seconds?: number;
}

/** `null`: the image's own. `"none"`: no check, whatever the image says. */
export type HealthCheckSetting = HealthCheck | 'none' | null;
