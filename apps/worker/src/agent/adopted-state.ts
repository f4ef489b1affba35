import type { AppSpec } from '@nebula/contracts';
import type { AcceptedState } from '../desired-state/accepted-state.js';
import type { CopyKeeper } from '../desired-state/copy-keeper.js';
import type { WorkerLog } from '../worker-log.js';
import type { LearnedMemory } from './learned-memory.js';

/**
 * The desired state that one app is brought to, and a newer one that has arrived meanwhile.
 *
 * Invariant: what arrives is kept on disk before it is adopted, so before the first step towards it.
 */
export class AdoptedState {
  private adopted: AcceptedState | null = null;
  private arrived: AcceptedState | null = null;

  constructor(
    private readonly app: string,
    private readonly copy: CopyKeeper,
    private readonly memory: Pick<LearnedMemory, 'outdate'>,
    private readonly log: WorkerLog,
  ) {}

  /** Null before the first. */
  get current(): AcceptedState | null {
    return this.adopted;
  }

  /** A newer one waits to be adopted. */
  get isOutdated(): boolean {
    return this.arrived !== null;
  }

  /** Of both. */
  get specs(): AppSpec[] {
    return [this.adopted, this.arrived].flatMap((state) => state?.desired.spec ?? []);
  }

  /** Begins with what is on disk. */
  begin(state: AcceptedState): void {
    this.adopted = state;
  }

  /** A newer one has arrived. */
  arrive(state: AcceptedState): void {
    this.arrived = state;
  }

  /** Takes over what arrived; of several only the newest. */
  async adopt(): Promise<void> {
    while (this.arrived) {
      const next = this.arrived;
      await this.copy.keep(next);
      if (this.arrived !== next) continue;
      this.arrived = null;
      this.adopted = next;
      this.memory.outdate();
      const { epoch, revision, desired } = next;
      const message = desired.deleted ? 'the app is deleted' : 'the app has a new desired state';
      this.log.info(message, { app: this.app, epoch, revision });
    }
  }

  /** Gives up what isn't on disk yet. */
  close(): void {
    this.copy.close();
  }
}
