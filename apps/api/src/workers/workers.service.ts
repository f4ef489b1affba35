import { Injectable } from '@nestjs/common';
import { type Caller, maySee } from '../access/caller.js';
import { ProblemError } from '../http/problem.js';
import { PROBLEMS } from '../http/problem-types.js';
import {
  isOffline,
  patienceWith,
  type Silence,
  type WorkerPageQuery,
  type WorkerRecord,
} from '../store/fleet-records.js';
import { FleetStore } from '../store/fleet-store.js';
import { Listening } from './listening.js';
import { isWorkerId } from './status-query.js';
import { detailedWorker, type DetailedWorker, listedWorker, type ListedWorker } from './worker-answer.js';

const LONGEST_ID = 80;

export interface WorkersPage {
  items: ListedWorker[];
  /** Id of the last item when there are more, else null. */
  next_after: string | null;
}

/** The workers of the fleet, as they tell of themselves. */
@Injectable()
export class WorkersService {
  constructor(
    private readonly fleet: FleetStore,
    private readonly listening: Listening,
  ) {}

  /** Every worker, each with those of its apps that the caller may see. */
  async list(query: Omit<WorkerPageQuery, 'silence'>, caller: Caller): Promise<WorkersPage> {
    // Who runs it is told as of an app that nobody runs.
    if (query.app !== undefined && !maySee(caller, query.app)) return { items: [], next_after: null };
    const silence = this.listening.silence();
    const { limit } = query;
    const found = await this.fleet.workerPage({ ...query, silence, limit: limit + 1 });
    const items = found.slice(0, limit).map((record) => listedWorker(seenBy(caller, record), silence));
    return { items, next_after: found.length > limit ? (items.at(-1)?.worker_id ?? null) : null };
  }

  /** @throws {ProblemError} when nobody has reported under this id */
  async get(workerId: string, caller: Caller): Promise<DetailedWorker> {
    const record = seenBy(caller, await this.record(workerId));
    return detailedWorker(record, await this.fleet.reportsOf(workerId), this.listening.silence());
  }

  /**
   * Forgets a worker that is gone for good.
   * @param isDryRun it is only looked whether it could be
   * @throws {ProblemError} when there is none, or when it isn't offline, or not known to be
   */
  async forget(workerId: string, isDryRun: boolean): Promise<void> {
    const record = await this.record(workerId);
    const silence = this.listening.silence();
    if (!isOffline(record, silence)) throw notOffline(record, silence);
    if (isDryRun || (await this.fleet.forget(workerId, record.version))) return;
    throw online(workerId);
  }

  private async record(workerId: string): Promise<WorkerRecord> {
    const [record] = isWorkerId(workerId) ? await this.fleet.workers([workerId]) : [];
    if (record) return record;
    throw new ProblemError(PROBLEMS.workerNotFound, {
      detail: `There is no worker ${quoted(workerId)}.`,
    });
  }
}

function notOffline(record: WorkerRecord, { now, listened_ms }: Silence): ProblemError {
  const { silent_at, patience_ms } = patienceWith(record);
  if (silent_at > now) return online(record.worker_id);
  // What it said while nobody listened is lost, so that its silence proves nothing yet.
  const seconds = Math.max(1, Math.ceil((patience_ms - listened_ms) / 1_000));
  const listened = `${Math.floor(listened_ms / 1_000)} of ${patience_ms / 1_000} s`;
  return new ProblemError(PROBLEMS.workerMaybeOnline, {
    detail: `The worker ${quoted(record.worker_id)} has been silent, but this api has heard all workers for ${listened} only, so it may be online. Try again in ${seconds} s.`,
    headers: { 'retry-after': String(seconds) },
  });
}

function online(workerId: string): ProblemError {
  return new ProblemError(PROBLEMS.workerOnline, {
    detail: `The worker ${quoted(workerId)} is online; only one that is offline can be forgotten.`,
  });
}

function seenBy(caller: Caller, record: WorkerRecord): WorkerRecord {
  return { ...record, apps: record.apps.filter(({ app_name }) => maySee(caller, app_name)) };
}

function quoted(id: string): string {
  return JSON.stringify(id.length > LONGEST_ID ? `${id.slice(0, LONGEST_ID)}…` : id);
}
