import { comparePositions, parseAppName, type Position } from '@nebula/contracts';
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { appNotFound } from '../apps/app-problems.js';
import { invalidQuery, problemOf } from '../http/page-query.js';
import { ProblemError, RETRY_LATER } from '../http/problem.js';
import { PROBLEMS } from '../http/problem-types.js';
import { type AppRecord, AppStore } from '../store/app-store.js';
import type { AppOnWorker, AppRow, AppView, FleetState } from '../store/fleet-records.js';
import { FleetStore } from '../store/fleet-store.js';
import { Listening } from './listening.js';
import { News } from './news.js';
import { type WorkerStatus, workerStatus } from './worker-status.js';

/** What other instances have taken is seen this much later at most, milliseconds. */
const LOOK_EVERY_MS = 1_000;

/** So many workers that aren't there yet are named. */
const NAMED = 20;

/** Rows that are looked through for them in one look, at most. */
const LOOKED_THROUGH = 1_000;

/** `converged`: every worker that isn't offline is there. `no_workers`: there is none that could be. */
export type WaitOutcome = 'converged' | 'timeout' | 'no_workers';

export interface WaitAnswer extends Position {
  app_name: string;
  outcome: WaitOutcome;
  /** Workers that have converged on that revision or a newer one. */
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

/** Waits until the workers of an app have converged. */
@Injectable()
export class WaitService implements BeforeApplicationShutdown {
  private readonly ending = new AbortController();

  constructor(
    private readonly apps: AppStore,
    private readonly fleet: FleetStore,
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
    const deadline = performance.now() + timeout_seconds * 1_000;
    const signal = AbortSignal.any([gone, this.ending.signal]);
    for (;;) {
      const { answer, isFinal } = await this.look(appName, wanted);
      const left = deadline - performance.now();
      if (isFinal || left <= 0 || gone.aborted) return answer;
      if (this.ending.signal.aborted) throw stopping();
      await this.news.next(Math.min(LOOK_EVERY_MS, left), signal);
    }
  }

  private async record(appName: string): Promise<AppRecord> {
    const record = parseAppName(appName).ok ? await this.apps.get(appName) : null;
    if (record === null) throw appNotFound(appName);
    return record;
  }

  private async look(appName: string, revision: number): Promise<{ answer: WaitAnswer; isFinal: boolean }> {
    const record = await this.record(appName);
    const epoch = await this.apps.epoch();
    // Of a tombstone those are counted too that have removed everything: they have converged on it.
    const view = this.viewOf(appName, { epoch, revision: record.revision });
    const { states, revisions } = await this.fleet.overview(view);
    const wanted = { epoch, revision };
    const older = await this.convergedBetween(view, wanted, revisions);
    const converged = states.converged + older;
    const pending = states.converging + states.failed - older;
    const isThere = pending <= 0 && converged > 0;
    const answer: WaitAnswer = {
      ...{ app_name: appName, ...wanted },
      outcome: isThere ? 'converged' : converged + pending > 0 ? 'timeout' : 'no_workers',
      ...{ converged, pending: Math.max(0, pending), offline: states.offline },
      waiting_for: pending > 0 ? await this.pending(view, wanted) : [],
    };
    // No worker takes up an app that is deleted.
    const isOver = record.deleted && answer.outcome === 'no_workers' && states.offline === 0;
    return { answer, isFinal: isThere || isOver };
  }

  /** Workers that have converged where the overview saw some, from `wanted` on; those of the desired one apart. */
  private async convergedBetween(
    view: AppView,
    wanted: Position,
    revisions: readonly Position[],
  ): Promise<number> {
    let count = 0;
    for (const { epoch, revision } of revisions) {
      const position = { epoch, revision };
      if (comparePositions(position, wanted) < 0 || comparePositions(position, view.position) === 0) continue;
      const { states } = await this.fleet.overview({ ...view, position });
      count += states.converged;
    }
    return count;
  }

  private async pending(view: AppView, wanted: Position): Promise<Pending[]> {
    const rows: AppRow[] = [];
    for (const state of ['failed', 'converging'] satisfies FleetState[]) {
      const limit = view.position.revision === wanted.revision ? NAMED : LOOKED_THROUGH;
      const found = await this.fleet.appPage(view, { state, limit, order: { by: 'worker_id' } });
      rows.push(...found.filter(({ app }) => !hasConverged(app, wanted)));
      if (rows.length >= NAMED) break;
    }
    return rows.slice(0, NAMED).map((row) => {
      const { worker_id, hostname, epoch, revision, state, last_error, last_seen_at } = workerStatus(
        row,
        view.position,
      );
      return { worker_id, hostname, epoch, revision, state, last_error, last_seen_at };
    });
  }

  private viewOf(app_name: string, position: Position): AppView {
    return { app_name, position, deleted: false, silence: this.listening.silence() };
  }
}

function hasConverged(app: AppOnWorker, wanted: Position): boolean {
  return app.state === 'converged' && comparePositions(app, wanted) >= 0;
}

function stopping(): ProblemError {
  return new ProblemError(PROBLEMS.shuttingDown, {
    detail: 'The api is being stopped; another one, or this one after its start, will answer.',
    headers: RETRY_LATER,
  });
}
