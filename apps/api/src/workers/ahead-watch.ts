import { comparePositions, type Position, REFUSED_STEP, type WorkerMessage } from '@nebula/contracts';
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

/** The highest position that workers have told of an app. */
interface Told extends Position {
  /**
   * One that is there refuses what came after it. That can be another desired state of the same position, which it can't
   * choose from.
   */
  isRefused: boolean;
}

/**
 * Notices that workers have seen a later desired state of an app than the database has, or may have another one of its
 * position. The database is written before anything is sent, so it was put back to an older state then. It looks
 * beside the work of the inbox, one app at a time, so that a worker that lies holds up nobody's reports.
 */
@Injectable()
export class AheadWatch implements BeforeApplicationShutdown {
  private readonly known = new Map<string, Known>();
  private readonly waiting = new Map<string, Told>();
  /** Refusals that came too soon after another look; a worker tells them once. */
  private readonly postponed = new Map<string, Told>();
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
    this.postponed.clear();
  }

  /**
   * Looks at the positions in messages of workers soon; what the database had a moment ago costs nothing. Returns at
   * once and never throws.
   */
  look(messages: readonly WorkerMessage[]): void {
    if (this.stopped) return;
    for (const [appName, told] of [...this.takePostponed(), ...highestPositions(messages)]) {
      if (!this.isWorthALook(appName, told)) continue;
      const before = this.waiting.get(appName);
      if (before || this.waiting.size < MAX_WAITING) this.waiting.set(appName, higher(before, told));
    }
    if (!this.working && this.waiting.size > 0) void this.work();
  }

  /** Whether everything was looked at. */
  get rests(): boolean {
    return !this.working;
  }

  private isWorthALook(appName: string, told: Told): boolean {
    const { had, until } = this.known.get(appName) ?? NOTHING;
    return told.isRefused || this.clock.now() >= until || comparePositions(told, had) > 0;
  }

  private takePostponed(): [string, Told][] {
    const now = this.clock.now();
    const due = [...this.postponed].filter(
      ([appName]) => now >= (this.known.get(appName) ?? NOTHING).nextSuspicion,
    );
    for (const [appName] of due) this.postponed.delete(appName);
    return due;
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

  private async lookAt(appName: string, told: Told): Promise<void> {
    const now = this.clock.now();
    const known = this.known.get(appName) ?? NOTHING;
    if (!(await this.isSuspicious(appName, told))) {
      const { epoch, revision } = told;
      this.remember(appName, { ...known, had: { epoch, revision }, until: now + LOOK_INTERVAL_MS });
    } else if (now >= known.nextSuspicion) {
      this.remember(appName, { ...known, nextSuspicion: now + LOOK_INTERVAL_MS });
      await this.publisher.suspect(appName);
    } else if (told.isRefused && this.postponed.size < MAX_WAITING) {
      this.postponed.set(appName, told);
    }
  }

  private async isSuspicious(appName: string, told: Told): Promise<boolean> {
    const record = await this.apps.get(appName);
    if (!record) return false;
    const order = comparePositions(told, { epoch: await this.apps.epoch(), revision: record.revision });
    return order > 0 || (order === 0 && told.isRefused);
  }

  private remember(appName: string, known: Known): void {
    this.known.delete(appName);
    this.known.set(appName, known);
    const [oldest] = this.known.keys();
    if (this.known.size > MAX_APPS && oldest !== undefined) this.known.delete(oldest);
  }
}

const NOTHING: Known = { had: { epoch: 0, revision: 0 }, until: 0, nextSuspicion: 0 };

function highestPositions(messages: readonly WorkerMessage[]): Map<string, Told> {
  const highest = new Map<string, Told>();
  for (const message of messages) {
    const isRefused = message.kind === 'report' && message.last_error?.step === REFUSED_STEP;
    const told = message.kind === 'report' ? [message] : message.apps;
    for (const { app_name, epoch, revision } of told)
      highest.set(app_name, higher(highest.get(app_name), { epoch, revision, isRefused }));
  }
  return highest;
}

function higher(before: Told | undefined, told: Told): Told {
  const order = before ? comparePositions(told, before) : 1;
  if (!before || order > 0) return told;
  return order === 0 && told.isRefused ? told : before;
}
