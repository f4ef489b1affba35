import type { Position } from '@nebula/contracts';
import { type AppMemory, emptyMemory } from '../reconcile/memory.js';
import type { KeptMemory } from './kept-memory.js';
import type { MemoryFiles } from './memory-files.js';

/** What was learned about one app, and its copy on disk. */
export class LearnedMemory {
  private memory: AppMemory = emptyMemory();
  private saved: AppMemory | null = null;
  private saving: Promise<void> = Promise.resolve();
  private fresh = false;

  constructor(
    private readonly app: string,
    private readonly files: MemoryFiles,
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
    this.memory = kept.memory;
    this.fresh = kept.epoch !== epoch || kept.revision !== revision;
    this.saved = this.fresh ? null : kept.memory;
  }

  /** There is another desired state; `renew` follows with what still counts for it. */
  outdate(): void {
    this.fresh = true;
    this.saved = null;
  }

  /** Takes over what still counts for a new desired state. */
  renew(memory: AppMemory): void {
    this.memory = memory;
    this.fresh = false;
  }

  change(update: (memory: AppMemory) => AppMemory): void {
    this.memory = update(this.memory);
  }

  /** In the background: nothing depends on it, and a busy disk takes its time. */
  save({ epoch, revision }: Position): void {
    const { memory } = this;
    // What is not yet cleared for the new desired state must not be kept as learned about it.
    if (this.fresh || this.saved === memory) return;
    this.saved = memory;
    // Writes of one file keep their order, so the last one ends last.
    this.saving = this.files.write(this.app, { epoch, revision, memory });
  }

  /** Resolves when nothing is being written. */
  async settled(): Promise<void> {
    await this.saving;
  }
}
