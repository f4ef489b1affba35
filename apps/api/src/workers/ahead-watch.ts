import { comparePositions, type Position, type WorkerMessage } from '@nebula/contracts';
import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { Publisher } from '../publishing/publisher.js';
import { AppStore } from '../store/app-store.js';

/** An app is looked at this often at most, milliseconds: a look can cost a read of its whole stream. */
const LOOK_INTERVAL_MS = 60_000;

/** Apps that are remembered; beyond, the longest known is looked at anew. */
const MAX_APPS = 10_000;

interface Known {
  /** The highest position that the database had, and until when that counts: it can be restored at any time. */
  had: Position;
  until: number;
  /** When its stream may be read as a whole again. */
  nextSuspicion: number;
}

/**
 * Notices that workers have seen a later desired state of an app than the database has. The database is written
 * before anything is sent, so it was put back to an older state then.
 */
@Injectable()
export class AheadWatch {
  private readonly known = new Map<string, Known>();

  constructor(
    private readonly apps: AppStore,
    @Inject(Publisher) private readonly publisher: Pick<Publisher, 'suspect'>,
    private readonly clock: Clock,
  ) {}

  /**
   * Looks at the positions in messages of workers; what the database had a moment ago costs nothing.
   * @throws {StoreUnavailableError} when the store is away; a later message brings it up again
   */
  async look(messages: readonly WorkerMessage[]): Promise<void> {
    for (const [appName, highest] of highestPositions(messages)) {
      const now = this.clock.now();
      const known = this.known.get(appName) ?? NOTHING;
      if (now < known.until && comparePositions(highest, known.had) <= 0) continue;
      if (!(await this.isAhead(appName, highest))) {
        this.remember(appName, { ...known, had: highest, until: now + LOOK_INTERVAL_MS });
      } else if (now >= known.nextSuspicion) {
        this.remember(appName, { ...known, nextSuspicion: now + LOOK_INTERVAL_MS });
        await this.publisher.suspect(appName);
      }
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
