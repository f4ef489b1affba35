import type { AppBrief, WorkerHeartbeat } from '@nebula/contracts';
import { reportOf } from '../../store/testing/records.js';

/** An app in a heartbeat, converged on (1, 1) unless a test says otherwise. */
export function briefOf(app_name: string, given: Partial<AppBrief> = {}): AppBrief {
  return { app_name, epoch: 1, revision: 1, deleted: false, state: 'converged', ...given };
}

export function heartbeatOf(given: Partial<WorkerHeartbeat> = {}): WorkerHeartbeat {
  const { schema, worker_id, boot_nonce, worker, sequence } = reportOf();
  return {
    ...{ schema, kind: 'heartbeat', worker_id, boot_nonce, worker, sequence },
    ...{ apps: [briefOf('shop')], interval_seconds: 60 },
    ...given,
  };
}
