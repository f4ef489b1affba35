import { type Position, updatePolicy } from '@nebula/contracts';
import type { DesiredApp } from '../reconcile/desired.js';
import { isChange, onNewDesired, withHold } from '../reconcile/memory-updates.js';
import { type AppMemory, emptyMemory } from '../reconcile/memory.js';
import type { NodeSize } from '../reconcile/observed.js';
import { retimed } from '../reconcile/retimed.js';
import type { Clock } from '../clock.js';
import type { ClockJumps } from '../clock-jumps.js';
import { messageOf, type WorkerLog } from '../worker-log.js';
import { engineBackoff } from './engine-backoff.js';
import type { KeptMemory } from './kept-memory.js';
import type { MemoryFiles } from './memory-files.js';
import { WakeTimer } from './wake-timer.js';

interface MemoryParts {
  memories: MemoryFiles;
  clock: Clock;
  jumps: ClockJumps;
  log: WorkerLog;
  /** Of the random wait before a change is acted on, seconds; an app may ask for a longer one. */
  longest_wait: number;
}

/** What was learned about one app, and its copy on disk. */
export class LearnedMemory {
  private memory: AppMemory = emptyMemory();
  private saved: AppMemory | null = null;
  private saving: Promise<void> = Promise.resolve();
  private fresh = false;
  private closed = false;
  /** Writes in a row that failed. */
  private failures = 0;
  private readonly retry = new WakeTimer(() => {
    if (this.position) this.save(this.position);
  });
  /** The desired state that it was last to be kept for. */
  private position: Position | null = null;

  constructor(
    private readonly app: string,
    private readonly parts: MemoryParts,
  ) {}

  get current(): AppMemory {
    return this.memory;
  }

  /** The desired state is another one than that which this was learned about. */
  get isOfBefore(): boolean {
    return this.fresh;
  }

  /** Goes on with what was kept on disk, which may be about another desired state. */
  restore(kept: KeptMemory, { epoch, revision }: Position): void {
    const { jumps } = this.parts;
    this.memory = retimed(kept.memory, (time) => jumps.asOfNow(time));
    this.fresh = kept.epoch !== epoch || kept.revision !== revision;
    this.saved = this.fresh ? null : this.memory;
  }

  /** There is another desired state; `renew` follows with what still counts for it. */
  outdate(): void {
    this.fresh = true;
    this.saved = null;
  }

  /**
   * Takes over what still counts for a new desired state, and draws the random wait before it is acted on.
   *
   * @returns whether it wants something else of this server.
   */
  renew(desired: DesiredApp, node: NodeSize): boolean {
    const { clock, longest_wait } = this.parts;
    const { spec, deleted } = desired;
    const before = this.memory;
    this.memory = onNewDesired(before, desired, node);
    this.fresh = false;
    if (!isChange(before, desired, node)) return false;
    const seconds = spec?.running && !deleted ? Math.max(longest_wait, updatePolicy(spec).jitter_seconds) : 0;
    this.memory = withHold(this.memory, seconds, clock.now(), clock.random());
    return true;
  }

  change(update: (memory: AppMemory) => AppMemory): void {
    this.memory = update(this.memory);
  }

  /**
   * In the background: nothing depends on it, and a busy disk takes its time. What can't be written is written when that is
   * possible again.
   */
  save({ epoch, revision }: Position): void {
    const { memory } = this;
    this.position = { epoch, revision };
    // What is not yet cleared for the new desired state must not be kept as learned about it.
    if (this.fresh || this.saved === memory) return;
    this.saved = memory;
    // Writes of one file keep their order, so the last one ends last.
    this.saving = this.write({ epoch, revision, memory });
  }

  /** Gives up what isn't written yet. */
  close(): void {
    this.closed = true;
    this.retry.clear();
  }

  /** Resolves when nothing is being written. */
  async settled(): Promise<void> {
    await this.saving;
  }

  private async write(kept: KeptMemory): Promise<void> {
    const { memories, clock, log } = this.parts;
    const { app } = this;
    this.retry.clear();
    try {
      await memories.write(app, kept);
      if (this.failures > 0) log.info('what was learned about an app is on disk again', { app });
      this.failures = 0;
    } catch (error) {
      this.failures += 1;
      if (this.failures === 1)
        log.warn('what was learned about an app can not be kept', { app, error: messageOf(error) });
      // A newer one that is on its way has a try of its own.
      if (this.closed || this.saved !== kept.memory) return;
      this.saved = null;
      this.retry.set(engineBackoff(this.failures, clock.random()));
    }
  }
}
