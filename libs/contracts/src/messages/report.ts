/** Version of the report schema that this program writes. */
export const REPORT_SCHEMA = 1;

/**
 * How far a worker is with an app. `converged`: its plan is empty and what shall run runs. `failed`: something
 * needs a person or a retry; see `last_error`. `converging`: everything between.
 */
export const APP_STATES = ['converged', 'converging', 'failed'] as const;
export type AppState = (typeof APP_STATES)[number];

export const CONTAINER_STATES = [
  'created',
  'running',
  'paused',
  'restarting',
  'removing',
  'exited',
  'dead',
] as const;
export type ContainerState = (typeof CONTAINER_STATES)[number];

/** Health as Docker's HEALTHCHECK says; `none` when the image has no check. */
export const HEALTH_STATES = ['none', 'starting', 'healthy', 'unhealthy'] as const;
export type HealthState = (typeof HEALTH_STATES)[number];

/** One published port. */
export interface PortBinding {
  host_port: number;
  container_port: number;
}

/** One container of an app, as the engine describes it. */
export interface ContainerReport {
  id: string;
  name: string;
  /** 1-based. */
  replica: number;
  state: ContainerState;
  health: HealthState;
  image: string;
  image_id: string;
  ports: PortBinding[];
  /** How often the engine restarted it by its restart policy. */
  restart_count: number;
}

/** The newest failure of an app on a worker, kept until a plan is empty. */
export interface LastError {
  /** The step that failed (`pull`, `create`, `start` …). */
  step: string;
  /** The engine's own words where it said something. */
  message: string;
  /** ISO 8601. */
  at: string;
  /** ISO 8601 of the next try; null when only a change can help. */
  retry_at: string | null;
}

/** Facts of the worker's server, from the Docker Engine, so that limits of the worker's own container don't count. */
export interface WorkerFacts {
  hostname: string;
  engine_version: string;
  architecture: string;
  cores: number;
  memory_bytes: number;
  /** Version of the worker program. */
  worker_version: string;
}

/** What one worker says about one app: a full snapshot, so that losing one costs freshness alone. */
export interface WorkerReport {
  schema: number;
  worker_id: string;
  /** Random per start of the worker. With `sequence` it orders reports without a clock. */
  boot_nonce: string;
  /** Grows by one with each report since the worker's start. */
  sequence: number;
  worker: WorkerFacts;
  app_name: string;
  /** Position of the desired state that this report is about. */
  epoch: number;
  revision: number;
  /** The desired state was a tombstone. */
  deleted: boolean;
  state: AppState;
  containers: ContainerReport[];
  last_error: LastError | null;
}
