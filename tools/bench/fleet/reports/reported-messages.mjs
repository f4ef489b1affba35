/**
 * What the workers of a fleet send: all of them run one app and have converged on it.
 */
import { REPORT_SCHEMA } from '@nebula/contracts';

/** @import { WorkerHeartbeat, WorkerReport } from '@nebula/contracts' */

/** How often a worker shows that it lives, seconds. */
export const INTERVAL_SECONDS = 60;

/** Containers of the app on each worker. */
const REPLICAS = 2;

/**
 * @param {number} index of the worker
 * @param {number} sequence
 * @param {string} boot different for each run
 */
function head(index, sequence, boot) {
  return {
    schema: REPORT_SCHEMA,
    worker_id: `bench-${String(index).padStart(6, '0')}`,
    boot_nonce: `${boot}-${index}`,
    sequence,
    worker: {
      hostname: `edge-${index}.example`,
      engine_version: '20.10.24',
      architecture: 'x86_64',
      cores: 4,
      memory_bytes: 8_000_000_000,
      worker_version: '3.0.0',
      labels: { zone: `zone-${index % 10}` },
    },
  };
}

/**
 * @param {number} index
 * @param {number} sequence
 * @param {string} boot
 * @param {string} app
 * @returns {WorkerReport}
 */
export function reportOf(index, sequence, boot, app) {
  return {
    ...head(index, sequence, boot),
    kind: 'report',
    app_name: app,
    epoch: 1,
    revision: 1,
    deleted: false,
    state: 'converged',
    containers: Array.from({ length: REPLICAS }, (_, replica) => ({
      id: `${index}-${replica}`.padStart(64, '0'),
      name: `${app}-${replica + 1}`,
      replica: replica + 1,
      state: /** @type {const} */ ('running'),
      health: /** @type {const} */ ('none'),
      image: 'registry.example:5000/team/bench:1.2.3',
      image_id: `sha256:${'0'.repeat(64)}`,
      ports: [{ host_port: 81 + replica, container_port: 8080 }],
      restart_count: 0,
    })),
    last_error: null,
    progress: null,
  };
}

/**
 * @param {number} index
 * @param {number} sequence
 * @param {string} boot
 * @param {string} app
 * @returns {WorkerHeartbeat}
 */
export function heartbeatOf(index, sequence, boot, app) {
  return {
    ...head(index, sequence, boot),
    kind: 'heartbeat',
    apps: [{ app_name: app, epoch: 1, revision: 1, deleted: false, state: 'converged' }],
    interval_seconds: INTERVAL_SECONDS,
  };
}
