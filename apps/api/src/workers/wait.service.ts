import { comparePositions, parseAppName, type Position } from '@nebula/contracts';
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { appNotFound } from '../apps/app-problems.js';
import { invalidQuery, problemOf } from '../http/page-query.js';
import { instant } from '../clock.js';
import { ProblemError, RETRY_LATER } from '../http/problem.js';
import { PROBLEMS } from '../http/problem-types.js';
import { type AppRecord, AppStore } from '../store/app-store.js';
import type { AppOnWorker, AppRow, AppView, FleetState } from '../store/fleet-records.js';
import { FleetReader } from './fleet-reader.js';
import { Listening } from './listening.js';
import { News } from './news.js';
import { type WorkerStatus, workerStatus } from './worker-status.js';

/** What other instances have taken is seen this much later at most, milliseconds. */
const LOOK_EVERY_MS = 1_000;

/** So many workers that aren't there yet are named. */
const NAMED = 20;

/** `converged`: every worker that isn't offline is there. `no_workers`: there is none that could be. */
export type WaitOutcome = 'converged' | 'timeout' | 'no_workers';

export interface WaitAnswer extends Position {
  app_name: string;
  /** The one that is desired by now, which may have come after the one that is waited for. */
  desired_revision: number;
  /** Whether that one has deleted the app. */
  deleted: boolean;
  outcome: WaitOutcome;
  /** ISO 8601: what workers said until then is in the answer. Never before the wait began. */
  as_of: string;
  /** Workers that have converged on that revision or a newer one, up to the desired one. */
  converged: number;
  /** Workers that have not. */
  pending: number;
  /** Workers that nobody waits for. */
  offline: number;
  /** The first of those that are pending, the failed ones before the others. */
  waiting_for: Pending[];
}

export type Pending = Pick<
  WorkerStatus,
  'worker_id' | 'hostname' | 'epoch' | 'revision' | 'state' | 'last_error' | 'last_seen_at'
>;

export interface WaitQuery {
  /** The desired one when absent. */
  revision?: number;
  timeout_seconds: number;
}

/** How far all are, without who isn't there. */
interface Look extends Pick<WaitAnswer, 'deleted' | 'outcome' | 'converged' | 'pending' | 'offline'> {
  view: AppView;
  wanted: Position;
  /** Who has converged on one of these is there. */
  enough: readonly Position[];
  /** Milliseconds since 1970. */
  as_of: number;
  /** Nothing is to be waited for any more. */
  isFinal: boolean;
  /** Somebody has converged on what is newer than the desired state was. */
  isOutrun: boolean;
}

/** Waits until the workers of an app have converged. */
@Injectable()
export class WaitService implements BeforeApplicationShutdown {
  private readonly ending = new AbortController();

  constructor(
    private readonly apps: AppStore,
    private readonly fleet: FleetReader,
    private readonly listening: Listening,
    private readonly news: News,
  ) {}

  beforeApplicationShutdown(): void {
    this.ending.abort();
  }

  /**
   * Answers when every worker of the app that isn't offline has converged on the revision or a newer one, or when
   * the time is over. Without any such worker it waits for one, unless the app is deleted and no worker has it.
   *
   * @param gone nobody waits for the answer any more
   * @throws {ProblemError} when there never was such an app or revision, or when the api is being stopped
   */
  async wait(
    appName: string,
    { revision, timeout_seconds }: WaitQuery,
    gone: AbortSignal,
  ): Promise<WaitAnswer> {
    const record = await this.record(appName);
    const wanted = revision ?? record.revision;
    if (wanted > record.revision) {
      const message = `must be a revision that there is, at most ${record.revision}`;
      throw invalidQuery([problemOf('revision', String(wanted), message)]);
    }
    const begun = performance.now();
    const deadline = begun + timeout_seconds * 1_000;
    const signal = AbortSignal.any([gone, this.ending.signal]);
    for (;;) {
      const look = await this.look(appName, wanted, begun);
      const left = deadline - performance.now();
      if (look.isFinal || gone.aborted) return await this.answer(look, begun);
      if (left <= 0) return await this.lastAnswer(look, begun);
      if (this.ending.signal.aborted) throw stopping();
      await this.news.next(Math.min(LOOK_EVERY_MS, left), signal, appName);
    }
  }

  private async record(appName: string): Promise<AppRecord> {
    const record = parseAppName(appName).ok ? await this.apps.get(appName) : null;
    if (record === null) throw appNotFound(appName);
    return record;
  }

  private async look(appName: string, revision: number, notBefore: number): Promise<Look> {
    const [record, epoch] = await Promise.all([this.record(appName), this.apps.epoch()]);
    // Of a tombstone those are counted too that have removed everything: they have converged on it.
    const view = this.viewOf(appName, { epoch, revision: record.revision });
    const { value, as_of } = await this.fleet.overview(view, notBefore);
    const { states, revisions } = value;
    const wanted = { epoch, revision };
    const enough = revisions.filter((position) => isEnough(position, wanted, view.position));
    const converged = enough.reduce((sum, position) => sum + position.converged, 0);
    const pending = states.converged + states.converging + states.failed - converged;
    const isThere = pending === 0 && converged > 0;
    const nobody = converged + pending === 0;
    // No worker takes up an app that is deleted.
    const isOver = record.deleted && nobody && states.offline === 0;
    return {
      ...{ view, wanted, enough, as_of, converged, pending, offline: states.offline },
      deleted: record.deleted,
      outcome: isThere ? 'converged' : nobody ? 'no_workers' : 'timeout',
      isFinal: isThere || isOver,
      isOutrun: revisions.some((each) => each.converged > 0 && comparePositions(each, view.position) > 0),
    };
  }

  /**
   * Who is beyond the desired state either has what the database has lost, or was told of a change that was made since
   * the record was read; and who is counted but not named either has converged since then, or was between two readings.
   * One more look tells them apart.
   */
  private async lastAnswer(look: Look, notBefore: number): Promise<WaitAnswer> {
    const answer = await this.answer(look, notBefore);
    const { position } = look.view;
    const { pending, waiting_for } = answer;
    const isOutrun = look.isOutrun || waiting_for.some((each) => comparePositions(each, position) > 0);
    if (!isOutrun && waiting_for.length >= Math.min(pending, NAMED)) return answer;
    // What was read for the first look will not do, however long that took.
    const again = performance.now();
    return await this.answer(await this.look(answer.app_name, answer.revision, again), again);
  }

  /** Those who aren't there are looked for once, at the end. */
  private async answer(look: Look, notBefore: number): Promise<WaitAnswer> {
    const { view, wanted, deleted, outcome, converged, pending, offline } = look;
    const { rows, as_of } =
      pending > 0 ? await this.pending(look, notBefore) : { rows: [], as_of: look.as_of };
    return {
      ...{ app_name: view.app_name, ...wanted, desired_revision: view.position.revision, deleted },
      ...{ outcome, as_of: instant(Math.min(look.as_of, as_of)) },
      ...{ converged, pending, offline, waiting_for: rows },
    };
  }

  /** Of an older revision most can be there, and seen from the desired one on their way: they are not read. */
  private async pending(
    { view, wanted, enough }: Look,
    notBefore: number,
  ): Promise<{ rows: Pending[]; as_of: number }> {
    const except = enough.map(({ epoch, revision }) => ({ epoch, revision }));
    // By worker id: one can be read in both states, as it was first and then.
    const found = new Map<string, Pending>();
    let oldest = Number.POSITIVE_INFINITY;
    for (const state of ['failed', 'converging'] satisfies FleetState[]) {
      let after: string | undefined;
      // A page ends early where reports are large, but has a row at least; of those some may be there by now.
      for (let pages = 0; pages < NAMED && found.size < NAMED; pages += 1) {
        const order = { by: 'worker_id', ...(after === undefined ? {} : { after }) } as const;
        const query = { state, except, limit: NAMED, order };
        const { value, as_of } = await this.fleet.appPage(view, query, notBefore);
        const rows = value.rows.filter(({ app }) => !hasConverged(app, wanted, view.position));
        for (const row of rows)
          if (!found.has(row.worker.worker_id))
            found.set(row.worker.worker_id, pendingOf(row, view.position));
        oldest = Math.min(oldest, as_of);
        after = value.rows.at(-1)?.worker.worker_id;
        if (!value.more || after === undefined) break;
      }
    }
    return { rows: [...found.values()].slice(0, NAMED), as_of: oldest };
  }

  private viewOf(app_name: string, position: Position): AppView {
    return { app_name, position, deleted: false, silence: this.listening.silence() };
  }
}

function pendingOf(row: AppRow, desired: Position): Pending {
  const { worker_id, hostname, epoch, revision, state, last_error, last_seen_at } = workerStatus(
    row,
    desired,
  );
  return { worker_id, hostname, epoch, revision, state, last_error, last_seen_at };
}

function hasConverged(app: AppOnWorker, wanted: Position, desired: Position): boolean {
  return app.state === 'converged' && isEnough(app, wanted, desired);
}

/** What is newer than the desired state the database has lost: a worker that has it is yet to be brought back. */
function isEnough(position: Position, wanted: Position, desired: Position): boolean {
  return comparePositions(position, wanted) >= 0 && comparePositions(position, desired) <= 0;
}

function stopping(): ProblemError {
  return new ProblemError(PROBLEMS.shuttingDown, {
    detail: 'The api is being stopped; another one, or this one after its start, will answer.',
    headers: RETRY_LATER,
  });
}
