import { AppSpec, NO_TOKENS, REPORT_SCHEMA, type WorkerReport } from '@nebula/contracts';
import type { AppRecord } from '../app-store.js';

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
    published: {},
    ...given,
  };
}

export function tombstoneOf(app_name: string, given: Partial<AppRecord> = {}): AppRecord {
  return recordOf(app_name, { spec: null, deleted: true, ...given });
}

export function reportOf(given: Partial<WorkerReport> = {}): WorkerReport {
  return {
    schema: REPORT_SCHEMA,
    worker_id: 'worker-1',
    boot_nonce: 'boot-1',
    sequence: 1,
    worker: {
      ...{ hostname: 'edge', engine_version: '28.0.0', architecture: 'x86_64', worker_version: '3.0.0' },
      ...{ cores: 4, memory_bytes: 8_000_000_000 },
    },
    app_name: 'shop',
    epoch: 1,
    revision: 1,
    deleted: false,
    state: 'converged',
    containers: [],
    last_error: null,
    ...given,
  };
}
