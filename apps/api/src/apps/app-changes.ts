import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiLog } from '../api-log.js';
import { API_OPTIONS, type ApiOptions } from '../api-options.js';
import { Clock } from '../clock.js';
import { ProblemError, RETRY_LATER } from '../http/problem.js';
import { PROBLEMS } from '../http/problem-types.js';
import { OrphansService } from '../orphans/orphans.service.js';
import { Publisher } from '../publishing/publisher.js';
import { type AppRecord, AppStore } from '../store/app-store.js';
import { requireSecrets } from '../store/secrets/seal-record.js';
import { SecretsUnreadableError } from '../store/secrets/secret-errors.js';
import { secretsUnreadable } from './app-problems.js';

/**
 * Tries of one change while others change the same app. Of all that try at the same time one gets through, so
 * so many can change an app at once.
 */
const MAX_TRIES = 200;

/** From this try on it waits a moment before the next. */
const FIRST_WAITING_TRY = 10;

/** Longest wait between two tries, milliseconds. */
const LONGEST_WAIT_MS = 20;

const DEFAULT_HISTORY_LIMIT = 100;

/**
 * So long after a change the history of its app is cut, milliseconds: the change has the database for itself on its way
 * to the workers, and of many changes in a row few have to cut. A database that looks through all revisions for it, as
 * some do that speak MongoDB's protocol, is kept from nothing else for long.
 */
const CUT_AFTER_MS = 5_000;

/**
 * Decides what shall be stored in place of a record (null: none was ever). The same object when nothing changes.
 * It is called again with the newer record when another change came between. A new app gets `firstRevision` at
 * least.
 */
export type Decision<Next extends AppRecord> = (current: AppRecord | null, firstRevision: number) => Next;

/** A change, or what one would be. */
export interface Made<Next extends AppRecord> {
  /** What was there; null when nothing ever was. */
  before: AppRecord | null;
  /** What is there now, the same object when nothing has changed. */
  after: Next;
  /** Nothing was changed: it was only asked for what would be. */
  isDryRun: boolean;
}

/**
 * Changes apps: each change is one conditional update of one record, tried again when another change came first,
 * and published at once.
 */
@Injectable()
export class AppChanges implements BeforeApplicationShutdown {
  /** Until the history of an app is cut, by its name. */
  private readonly cuts = new Map<string, NodeJS.Timeout>();
  /** The cuts so far. One after the other: those of many apps at once would keep the database from requests. */
  private cutting = Promise.resolve();

  constructor(
    private readonly store: AppStore,
    private readonly publisher: Publisher,
    private readonly orphans: OrphansService,
    private readonly clock: Clock,
    private readonly log: ApiLog,
    @Inject(API_OPTIONS) private readonly options: Pick<ApiOptions, 'history_limit'>,
  ) {}

  /** @throws {ProblemError} when others change the app too quickly, when its secrets can't be read, or what `decide` throws */
  async make<Next extends AppRecord>(
    appName: string,
    decide: Decision<Next>,
    { dryRun: isDryRun }: { dryRun: boolean },
  ): Promise<Made<Next>> {
    const likely = isDryRun ? null : await this.fromMemory(appName, decide);
    if (likely) return likely;
    let firstRevision: number | null = null;
    for (let tried = 0; tried < MAX_TRIES; tried += 1) {
      if (tried >= FIRST_WAITING_TRY) await sleep(this.clock.random() * LONGEST_WAIT_MS);
      const current = await this.store.get(appName);
      const next = decide(current, firstRevision ?? 1);
      const made = { before: current, after: next, isDryRun };
      if (next === current) return made;
      if (isDryRun) {
        await withKnownSecrets(() => requireSecrets(next));
        return made;
      }
      if (firstRevision === null && isCreation(current, next)) {
        // The feed is looked at first and the database second, so what was read here doesn't count any more.
        const held = current === null ? await this.orphans.latestOnWorkers(appName) : null;
        firstRevision = await this.publisher.prepareCreation(appName, held);
        continue;
      }
      if (await this.put(next, current)) return this.noted(made);
    }
    throw new ProblemError(PROBLEMS.tooManyChanges, {
      detail: 'Others change the same app so quickly that this change found no place; try again.',
      headers: RETRY_LATER,
    });
  }

  /** What is not cut by now is cut after the next change. */
  beforeApplicationShutdown(): void {
    for (const timer of this.cuts.values()) clearTimeout(timer);
    this.cuts.clear();
  }

  /**
   * The change of what this instance has seen last, in one step less than a look at the store takes. Null when that is
   * not what the store has, or the change is refused by it: a look decides then.
   */
  private async fromMemory<Next extends AppRecord>(
    appName: string,
    decide: Decision<Next>,
  ): Promise<Made<Next> | null> {
    const before = this.store.remembered(appName);
    // Secrets that couldn't be read then may have been written anew.
    if (!before || before.unreadable_secrets) return null;
    let after: Next;
    try {
      after = decide(before, 1);
    } catch {
      return null;
    }
    if (after === before || isCreation(before, after)) return null;
    const isDone = await withKnownSecrets(() => this.store.replaceRemembered(after, before.revision));
    if (isDone) return this.noted({ before, after, isDryRun: false });
    // What was remembered may have been kept as a revision, though it had been forgotten with the oldest ones.
    this.cutHistorySoon(appName);
    return null;
  }

  private noted<Next extends AppRecord>(made: Made<Next>): Made<Next> {
    this.publisher.nudge(made.after);
    this.cutHistorySoon(made.after.app_name);
    return made;
  }

  private cutHistorySoon(appName: string): void {
    if (this.cuts.has(appName)) return;
    const due = () => {
      this.cutting = this.cutting.then(() => this.cutHistory(appName));
    };
    this.cuts.set(appName, setTimeout(due, CUT_AFTER_MS).unref());
  }

  private async cutHistory(appName: string): Promise<void> {
    // From here on another change may add one that has to be cut, too.
    if (!this.cuts.delete(appName)) return;
    const { history_limit = DEFAULT_HISTORY_LIMIT } = this.options;
    try {
      await this.store.forgetRevisions(appName, history_limit - 1);
    } catch (error) {
      this.log.debug('old revisions could not be forgotten', { app: appName, reason: String(error) });
    }
  }

  private async put(next: AppRecord, current: AppRecord | null): Promise<boolean> {
    return await withKnownSecrets(() =>
      current === null ? this.store.insert(next) : this.store.replace(next, current.revision),
    );
  }
}

/** @throws {ProblemError} when `work` finds secrets that can't be read */
async function withKnownSecrets<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof SecretsUnreadableError ? secretsUnreadable(error) : error;
  }
}

/** Whether there was no app, or a deleted one, and there is one now, or a tombstone of what was never recorded. */
export function isCreation(current: AppRecord | null, next: AppRecord): boolean {
  return current === null || (current.deleted && !next.deleted);
}
