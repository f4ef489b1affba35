import type { AppState, LastError, WorkerFacts } from '@nebula/contracts';
import { instant } from '../clock.js';
import { isOffline, type Silence, type StoredReport, type WorkerRecord } from '../store/fleet-records.js';
import { convergence, lastError } from './worker-status.js';

/** What is answered of a worker. All times are ISO 8601, by the api's clock. */
export interface WorkerAnswer extends WorkerFacts {
  worker_id: string;
  state: 'online' | 'offline';
  report_interval_seconds: number;
  first_seen_at: string;
  last_seen_at: string;
  /** Since when two workers report under this id; null when all is well. */
  duplicate_since: string | null;
}

/** A worker of a list. */
export interface ListedWorker extends WorkerAnswer {
  /** Names of those that it runs. */
  apps: string[];
}

/** One worker with all that it says. */
export interface DetailedWorker extends WorkerAnswer {
  apps: AppOfWorker[];
}

export interface AppOfWorker {
  app_name: string;
  /** Of the desired state that the worker has. */
  epoch: number;
  revision: number;
  deleted: boolean;
  /** How far it is with that. */
  state: AppState;
  converged_at: string | null;
  seconds_to_converge: number | null;
  last_error: LastError | null;
  reported_at: string | null;
}

export function listedWorker(record: WorkerRecord, silence: Silence): ListedWorker {
  return { ...answerOf(record, silence), apps: record.apps.map(({ app_name }) => app_name) };
}

export function detailedWorker(
  record: WorkerRecord,
  reports: readonly StoredReport[],
  silence: Silence,
): DetailedWorker {
  const newest = new Map(reports.map((stored) => [stored.report.app_name, stored]));
  const apps = record.apps.map((app): AppOfWorker => {
    const { app_name, epoch, revision, deleted, state } = app;
    return {
      ...{ app_name, epoch, revision, deleted, state },
      ...convergence(app),
      ...lastError(app, newest.get(app_name) ?? null),
    };
  });
  return { ...answerOf(record, silence), apps };
}

function answerOf(record: WorkerRecord, silence: Silence): WorkerAnswer {
  const { worker_id, facts, interval_seconds, first_seen_at, last_seen_at, duplicate } = record;
  return {
    worker_id,
    state: isOffline(record, silence) ? 'offline' : 'online',
    ...facts,
    report_interval_seconds: interval_seconds,
    first_seen_at: instant(first_seen_at),
    last_seen_at: instant(last_seen_at),
    duplicate_since: duplicate && instant(duplicate.since),
  };
}
