import {
  AppSpec,
  type DesiredStateMessage,
  messageContents,
  NO_TOKENS,
  REPORT_SCHEMA,
  type WorkerReport,
} from '@nebula/contracts';

/** A message of an app with this revision, and an environment if there is to be one. */
export function wanted(
  app_name: string,
  revision: number,
  env_vars: Record<string, string> = {},
): DesiredStateMessage {
  const spec = Object.assign(new AppSpec(), { app_name, docker_image: 'shop:1', env_vars });
  return {
    ...{ app_name, epoch: 1, revision, issued_at: '2026-01-01T00:00:00.000Z' },
    ...messageContents(spec, NO_TOKENS),
  };
}

export function reportOf(worker_id: string, app_name: string, sequence: number): WorkerReport {
  return {
    ...{ schema: REPORT_SCHEMA, kind: 'report' },
    ...{ worker_id, app_name, sequence, boot_nonce: 'boot' },
    worker: {
      ...{ hostname: 'edge', engine_version: '28.0.0', architecture: 'x86_64', worker_version: '3.0.0' },
      ...{ cores: 4, memory_bytes: 8_000_000_000, labels: {} },
    },
    ...{ epoch: 1, revision: 1, deleted: false, state: 'converged', containers: [] },
    ...{ last_error: null, progress: null },
  };
}
