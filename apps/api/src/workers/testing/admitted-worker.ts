import type { AppBrief, WorkerHeartbeat, WorkerMessage, WorkerReport } from '@nebula/contracts';
import type { AppOnWorker, WorkerRecord } from '../../store/fleet-records.js';
import { reportOf } from '../../store/testing/records.js';
import { admit, type Verdict } from '../admission.js';

const START = 1_700_000_000_000;

/** One worker, as an api knows it that takes its messages one after the other. */
export class AdmittedWorker {
  /** Null until its first message. */
  record: WorkerRecord | null = null;
  now = START;

  /** @param after so long after the message before, milliseconds */
  take(message: WorkerMessage, after = 1_000): Verdict {
    this.now += after;
    const admission = admit(this.record, message, this.now);
    this.record = admission.record;
    return admission.verdict;
  }

  get known(): WorkerRecord {
    if (!this.record) throw new Error('The worker is not known.');
    return this.record;
  }

  app(name = 'shop'): AppOnWorker | undefined {
    return this.known.apps.find(({ app_name }) => app_name === name);
  }
}

/** What a heartbeat has of an app. */
export function brief(app_name: string, given: Partial<AppBrief> = {}): AppBrief {
  return { app_name, epoch: 1, revision: 1, deleted: false, state: 'converged', ...given };
}

export function heartbeat(sequence: number, given: Partial<WorkerHeartbeat> = {}): WorkerHeartbeat {
  const { schema, worker_id, boot_nonce, worker } = reportOf();
  return {
    ...{ schema, kind: 'heartbeat', worker_id, boot_nonce, worker, sequence },
    ...{ apps: [brief('shop')], interval_seconds: 60 },
    ...given,
  };
}

export function report(sequence: number, given: Parameters<typeof reportOf>[0] = {}): WorkerReport {
  return reportOf({ sequence, ...given });
}

/** The number of a boot that is so far behind the first one of a worker that is not known before its first message. */
export function bootNumber(number: number, after = 1_000): number {
  return Math.floor((START + after) / 1_000) + number;
}
