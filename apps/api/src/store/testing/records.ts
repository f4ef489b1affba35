import { AppSpec, NO_TOKENS, REPORT_SCHEMA, type WorkerFacts, type WorkerReport } from '@nebula/contracts';
import type { AppRecord } from '../app-store.js';
import type { AppOnWorker, WorkerRecord } from '../fleet-records.js';

/** A whole spec with what is given. */
export function specOf(app_name: string, given: Partial<AppSpec> = {}): AppSpec {
  return Object.assign(new AppSpec(), { app_name, docker_image: 'shop:1', ...given });
}

export function recordOf(app_name: string, given: Partial<AppRecord> = {}): AppRecord {
  return {
    app_name,
    spec: specOf(app_name),
    revision: 1,
    tokens: NO_TOKENS,
    deleted: false,
    created_at: '2026-01-01T00:00:00.000Z',
    updated_at: '2026-01-01T00:00:00.000Z',
    ...{ change: 'created', changed_by: 'anyone', reason: null },
    published: {},
    ...given,
  };
}

export function tombstoneOf(app_name: string, given: Partial<AppRecord> = {}): AppRecord {
  return recordOf(app_name, { spec: null, deleted: true, ...given });
}

export const FACTS: WorkerFacts = {
  ...{ hostname: 'edge', engine_version: '28.0.0', architecture: 'x86_64', worker_version: '3.0.0' },
  ...{ cores: 4, memory_bytes: 8_000_000_000, labels: {} },
};

export function reportOf(given: Partial<WorkerReport> = {}): WorkerReport {
  return {
    schema: REPORT_SCHEMA,
    kind: 'report',
    worker_id: 'worker-1',
    boot_nonce: 'boot-1',
    sequence: 1,
    worker: FACTS,
    app_name: 'shop',
    epoch: 1,
    revision: 1,
    deleted: false,
    state: 'converged',
    containers: [],
    last_error: null,
    progress: null,
    ...given,
  };
}

/** An app that has converged on (1, 1) at the time 1,000. */
export function appOn(app_name: string, given: Partial<AppOnWorker> = {}): AppOnWorker {
  return {
    ...{ app_name, epoch: 1, revision: 1, deleted: false, state: 'converged', error_step: null },
    ...{ listed_at: 1_000, converged_at: 1_000, took_ms: 500, previous: null, boot: 1, sequence: 1 },
    ...{ update: null, image_ids: [] },
    ...given,
  };
}

/** A worker that was first and last heard of at the time 1,000. */
export function workerOf(worker_id: string, given: Partial<WorkerRecord> = {}): WorkerRecord {
  const seen = { first_seen_at: 1_000, seen_at: 1_000 };
  return {
    worker_id,
    facts: FACTS,
    interval_seconds: 60,
    apps: [],
    boots: [{ nonce: 'boot-1', number: 1, sequence: 1, lowest: 1, heartbeat: 1, returns: 0, ...seen }],
    ...{ first_seen_at: 1_000, last_seen_at: 1_000, duplicate: null, version: 1 },
    ...given,
  };
}
