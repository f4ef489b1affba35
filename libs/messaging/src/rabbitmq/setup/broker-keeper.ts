import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { type Backoff, backoffMs } from '../backoff.js';
import { messageOf } from '../error-facts.js';
import { RareLog } from '../rare-log.js';
import { makeMissing } from './setup-broker.js';
import type { BrokerSetup } from './setup-parts.js';

/** Waits after the broker could not be looked at, or has refused something. */
const RETRY: Backoff = { first_ms: 1_000, longest_ms: 30_000 };

/** Between two looks at least, however often a connection is refused, milliseconds. */
const SHORTEST_PAUSE_MS = 2_000;

/**
 * Keeps a broker set up: looks at intervals, and soon after a connection was refused, whether all is there that api and
 * workers need, and makes what is missing. So one that was rebuilt from nothing needs nobody. Any number of apis can do
 * that at the same time, as each thing is made with a name of its own.
 */
export class BrokerKeeper {
  private readonly logger = new Logger('RabbitMQ');
  private readonly rare = new RareLog();
  private readonly closing = new AbortController();
  private running: Promise<void> | null = null;
  /** Ends the calls of the look that is under way. Of each look its own, as a signal keeps what was made of it. */
  private look = new AbortController();
  /** Ends the wait between two looks. */
  private wake = new AbortController();
  /** Something is missing, as far as is known. */
  private isNeeded = false;
  private lastFailure: string | null = null;

  /** @param intervalMs longest time between two looks, milliseconds */
  constructor(
    private readonly setup: BrokerSetup,
    private readonly intervalMs: number,
  ) {}

  /** Looks for the first time, and goes on in the background. */
  start(): void {
    this.running ??= this.run();
  }

  /** A connection was refused, for which something that is missing may be the reason. Never throws. */
  suspect(): void {
    this.isNeeded = true;
    this.wake.abort();
  }

  /** Null unless something is or may be missing that can't be made; else why, in a few words. */
  problem(): string | null {
    return this.isNeeded && this.lastFailure !== null
      ? `RabbitMQ can't be set up: ${this.lastFailure}`
      : null;
  }

  async close(): Promise<void> {
    for (const each of [this.closing, this.look, this.wake]) each.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    let failures = 0;
    while (!this.closing.signal.aborted) {
      failures = (await this.lookAndMake()) ? 0 : failures + 1;
      await this.pause(SHORTEST_PAUSE_MS);
      if (failures > 0) await this.pause(backoffMs(RETRY, failures - 1));
      // Of several apis that were started together, each looks at another time.
      else await this.pause((this.intervalMs * (1 + Math.random())) / 2 - SHORTEST_PAUSE_MS, this.wake);
    }
  }

  /** @returns whether all is there now */
  private async lookAndMake(): Promise<boolean> {
    this.look = new AbortController();
    this.wake = new AbortController();
    try {
      const made = await makeMissing(
        this.setup,
        (isMissing) => {
          this.isNeeded ||= isMissing;
        },
        this.look.signal,
      );
      this.isNeeded = false;
      this.lastFailure = null;
      this.rare.clear();
      if (made.length > 0)
        this.logger.warn('RabbitMQ lacked what api and workers need there; it is made', { made });
      return true;
    } catch (error) {
      const reason = messageOf(error);
      this.lastFailure = reason;
      if (!this.closing.signal.aborted) {
        this.rare.say(reason, () =>
          this.logger.warn('RabbitMQ could not be looked at, to make what is missing; this is tried again', {
            reason,
          }),
        );
      }
      return false;
    }
  }

  private async pause(ms: number, { signal } = this.closing): Promise<void> {
    await sleep(Math.max(0, ms), undefined, { signal }).catch(() => undefined);
  }
}
