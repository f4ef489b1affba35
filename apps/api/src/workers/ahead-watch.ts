import { comparePositions, type Position, type WorkerMessage } from '@nebula/contracts';
import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import { ApiLog } from '../api-log.js';
import { Clock } from '../clock.js';
import { Publisher } from '../publishing/publisher.js';
import { AppStore } from '../store/app-store.js';

/** An app is looked at this often at most, milliseconds: a look can cost a read of its whole stream. */
const LOOK_INTERVAL_MS = 60_000;

/** Apps that are remembered; beyond, the longest known is looked at anew. */
const MAX_APPS = 10_000;

/** Apps that wait for a look; more are left out, and come again with the next heartbeats. */
const MAX_WAITING = 10_000;

interface Known {
  /** The highest position that the database had, and until when that counts: it can be restored at any time. */
  had: Position;
  until: number;
  /** When its stream may be read as a whole again. */
  nextSuspicion: number;
}

/**
 * Notices that workers have seen a later desired state of an app than the database has. The database is written
 * before anything is sent, so it was put back to an older state then. It looks beside the work of the inbox, one app
 * at a time, so that a worker that lies holds up nobody's reports.
 */
@Injectable()
export class AheadWatch implements BeforeApplicationShutdown {
  private readonly known = new Map<string, Known>();
  private readonly waiting = new Map<string, Position>();
  private working = false;
  private stopped = false;

  constructor(
    private readonly apps: AppStore,
    @Inject(Publisher) private readonly publisher: Pick<Publisher, 'suspect'>,
    private readonly clock: Clock,
    private readonly log: ApiLog,
  ) {}

  beforeApplicationShutdown(): void {
    this.stopped = true;
    this.waiting.clear();
  }

  /**
   * Looks at the positions in messages of workers soon; what the database had a moment ago costs nothing. Returns at
   * once and never throws.
   */
  look(messages: readonly WorkerMessage[]): void {
    if (this.stopped) return;
    for (const [appName, highest] of highestPositions(messages)) {
      if (!this.isWorthALook(appName, highest)) continue;
      const before = this.waiting.get(appName);
      if (before ? comparePositions(highest, before) > 0 : this.waiting.size < MAX_WAITING)
        this.waiting.set(appName, highest);
    }
    if (!this.working && this.waiting.size > 0) void this.work();
  }

  /** Whether everything was looked at. */
  get rests(): boolean {
    return !this.working;
  }

  private isWorthALook(appName: string, highest: Position): boolean {
    const { had, until } = this.known.get(appName) ?? NOTHING;
    return this.clock.now() >= until || comparePositions(highest, had) > 0;
  }

  private async work(): Promise<void> {
    this.working = true;
    for (;;) {
      const [next] = this.waiting;
      if (!next) break;
      this.waiting.delete(next[0]);
      try {
        await this.lookAt(...next);
      } catch (error) {
        // The store is away; a later message brings it up again.
        this.log.debug('an app can not be compared with what workers have seen', {
          app: next[0],
          reason: String(error),
        });
      }
    }
    this.working = false;
  }

  private async lookAt(appName: string, highest: Position): Promise<void> {
    const now = this.clock.now();
    const known = this.known.get(appName) ?? NOTHING;
    if (!(await this.isAhead(appName, highest))) {
      this.remember(appName, { ...known, had: highest, until: now + LOOK_INTERVAL_MS });
    } else if (now >= known.nextSuspicion) {
      this.remember(appName, { ...known, nextSuspicion: now + LOOK_INTERVAL_MS });
      await this.publisher.suspect(appName);
    }
  }

  private async isAhead(appName: string, reported: Position): Promise<boolean> {
    const record = await this.apps.get(appName);
    if (!record) return false;
    return comparePositions(reported, { epoch: await this.apps.epoch(), revision: record.revision }) > 0;
  }

  private remember(appName: string, known: Known): void {
    this.known.delete(appName);
    this.known.set(appName, known);
    const [oldest] = this.known.keys();
    if (this.known.size > MAX_APPS && oldest !== undefined) this.known.delete(oldest);
  }
}

const NOTHING: Known = { had: { epoch: 0, revision: 0 }, until: 0, nextSuspicion: 0 };

function highestPositions(messages: readonly WorkerMessage[]): Map<string, Position> {
  const highest = new Map<string, Position>();
  for (const message of messages) {
    const told = message.kind === 'report' ? [message] : message.apps;
    for (const { app_name, epoch, revision } of told) {
      const before = highest.get(app_name);
      if (!before || comparePositions({ epoch, revision }, before) > 0)
        highest.set(app_name, { epoch, revision });
    }
  }
  return highest;
}
