/**
 * Names that api, worker, broker and Docker share. They are part of the wire format: a change here makes
 * workers lose sight of the containers they run.
 */

/** Labels on every container and network that a worker makes. Ownership is decided by them alone. */
export const LABELS = {
  /** The configured scope of the worker. Containers of another scope are not ours. */
  scope: 'nebula.scope',
  app: 'nebula.app',
  /** 1-based number of the replica, decimal. */
  replica: 'nebula.replica',
  /** `v1:<hash>` of everything that would need a new container. */
  fingerprint: 'nebula.fingerprint',
  /** The container's hooks as JSON, if it has any: its spec may not be known any more when it is stopped. */
  hooks: 'nebula.hooks',
  /** For users of the original, whose tools select by it. */
  legacyApp: 'app_name',
} as const;

/** Environment variables that every container gets beside its own `env_vars`, which win. */
export const CONTAINER_ENV = {
  app: 'NEBULA_APP_NAME',
  /** 1-based. */
  replica: 'NEBULA_REPLICA',
  /** The server's name, as its Docker Engine has it. */
  node: 'NEBULA_NODE',
} as const;

/** The user bridge network that containers join unless `host`, `none` or `container:…` stands alone. */
export const DEFAULT_NETWORK = 'nebula';

/** Name of the stream that carries the desired state of one app. */
export function streamName(appName: string): string {
  return `nebula.app.${appName}`;
}

/** Name of the queue on which workers report. */
export const REPORTS_QUEUE = 'nebula.reports';

/** A broker user of this prefix and a worker's id is that worker's own: it can report as itself alone. */
export const WORKER_USER_PREFIX = 'nebula-worker.';

/**
 * Whether what a broker user says of a worker counts. A user of its own binds a worker to its id; other users (one for
 * all workers), and transports that have none, don't.
 */
export function mayReport(user: string | null, workerId: string): boolean {
  return !user?.startsWith(WORKER_USER_PREFIX) || user === WORKER_USER_PREFIX + workerId;
}

/** Patterns of Nest's `@EventPattern` for the two kinds of message. */
export const PATTERNS = { desiredState: 'desired-state', report: 'report' } as const;

/** Name of the n-th replica's container, n from 1. For people; ownership never follows from it. */
export function containerName(appName: string, replica: number): string {
  return `${appName}-${replica}`;
}
