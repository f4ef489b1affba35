import { Injectable } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { Clock } from '../clock.js';
import { ProblemError, RETRY_LATER } from '../http/problem.js';
import { PROBLEMS } from '../http/problem-types.js';
import { OrphansService } from '../orphans/orphans.service.js';
import { Publisher } from '../publishing/publisher.js';
import { type AppRecord, AppStore } from '../store/app-store.js';
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

/**
 * Decides what shall be stored in place of a record (null: none was ever). The same object when nothing changes.
 * It is called again with the newer record when another change came between. A new app gets `firstRevision` at
 * least.
 */
export type Decision<Next extends AppRecord> = (current: AppRecord | null, firstRevision: number) => Next;

/**
 * Changes apps: each change is one conditional update of one record, tried again when another change came first,
 * and published at once.
 */
@Injectable()
export class AppChanges {
  constructor(
    private readonly store: AppStore,
    private readonly publisher: Publisher,
    private readonly orphans: OrphansService,
    private readonly clock: Clock,
  ) {}

  /** @throws {ProblemError} when others change the app too quickly, when its secrets can't be read, or what `decide` throws */
  async make<Next extends AppRecord>(appName: string, decide: Decision<Next>): Promise<Next> {
    let firstRevision: number | null = null;
    for (let tried = 0; tried < MAX_TRIES; tried += 1) {
      if (tried >= FIRST_WAITING_TRY) await sleep(this.clock.random() * LONGEST_WAIT_MS);
      const current = await this.store.get(appName);
      const next = decide(current, firstRevision ?? 1);
      if (next === current) return next;
      if (firstRevision === null && isCreation(current, next)) {
        // The feed is looked at first and the database second, so what was read here doesn't count any more.
        const held = current === null ? await this.orphans.latestOnWorkers(appName) : null;
        firstRevision = await this.publisher.prepareCreation(appName, held);
        continue;
      }
      if (await this.put(next, current)) {
        this.publisher.nudge(appName);
        return next;
      }
    }
    throw new ProblemError(PROBLEMS.tooManyChanges, {
      detail: 'Others change the same app so quickly that this change found no place; try again.',
      headers: RETRY_LATER,
    });
  }

  private async put(next: AppRecord, current: AppRecord | null): Promise<boolean> {
    try {
      return current === null
        ? await this.store.insert(next)
        : await this.store.replace(next, current.revision);
    } catch (error) {
      throw error instanceof SecretsUnreadableError ? secretsUnreadable(error) : error;
    }
  }
}

function isCreation(current: AppRecord | null, next: AppRecord): boolean {
  return current === null || (current.deleted && !next.deleted);
}
