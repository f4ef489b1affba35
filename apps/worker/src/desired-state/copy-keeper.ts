import type { Clock } from '../clock.js';
import { engineBackoff } from '../agent/engine-backoff.js';
import { WakeTimer } from '../agent/wake-timer.js';
import type { Reporter } from '../reporting/reporter.js';
import { messageOf, type WorkerLog } from '../worker-log.js';
import type { AcceptedState } from './accepted-state.js';
import type { DesiredStateCopies } from './desired-state-copies.js';

/**
 * Keeps one app's newest desired state on disk.
 *
 * It is written before the first step, so that a worker that is killed in the middle goes on to where it was
 * going. When it can't be written (a full disk), the worker acts all the same, from memory: an app that can't
 * be repaired or corrected is worse than one that is behind after a restart without its feed, and the way out of
 * a full disk may be the very change that waits. It is reported, and written as soon as that is possible.
 */
export class CopyKeeper {
  private wanted: AcceptedState | null = null;
  private failures = 0;
  private readonly retry = new WakeTimer(() => void this.write());

  constructor(
    private readonly copies: DesiredStateCopies,
    private readonly reporter: Reporter,
    private readonly clock: Clock,
    private readonly log: WorkerLog,
  ) {}

  /** Resolves when it is on disk, or when that was tried in vain and will be tried again. */
  async keep(state: AcceptedState): Promise<void> {
    this.wanted = state;
    await this.write();
  }

  /** Gives up what isn't written yet. */
  close(): void {
    this.wanted = null;
    this.retry.clear();
  }

  private async write(): Promise<void> {
    const state = this.wanted;
    if (!state) return;
    this.retry.clear();
    const app = state.desired.app_name;
    try {
      await this.copies.write(state);
      if (this.wanted === state) this.wanted = null;
      if (this.failures > 0)
        this.log.info('the desired state is on disk again', { app, revision: state.revision });
      this.failures = 0;
      this.reporter.copy(app, null);
    } catch (error) {
      if (this.wanted !== state) return;
      this.failures += 1;
      const delay = engineBackoff(this.failures, this.clock.random());
      const message = `the desired state can't be kept on disk: ${messageOf(error)}`;
      const now = this.clock.now();
      this.reporter.copy(app, { step: 'persist', message, at: now, retry_at: now + delay });
      if (this.failures === 1) this.log.error(message, { app, revision: state.revision });
      this.retry.set(delay);
    }
  }
}
