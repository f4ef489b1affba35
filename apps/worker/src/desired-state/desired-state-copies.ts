import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { AppFiles } from '../state-folder/app-files.js';
import { messageOf, WorkerLog } from '../worker-log.js';
import { WORKER_OPTIONS, type WorkerOptions } from '../worker-options.js';
import type { AcceptedState } from './accepted-state.js';
import { judgeMessage } from './judge-message.js';

/**
 * The newest desired state of each app on disk, so that a worker that starts without its feed knows what to run.
 * A copy is believed as little as a message: it is validated in the same way.
 */
@Injectable()
export class DesiredStateCopies {
  /** Why the last write failed, for people; null when it succeeded. */
  problem: string | null = null;
  private readonly files: AppFiles;

  constructor(
    @Inject(WORKER_OPTIONS) options: Pick<WorkerOptions, 'state_dir'>,
    private readonly log: WorkerLog,
  ) {
    this.files = new AppFiles(join(options.state_dir, 'desired'));
  }

  /** @throws when the folder can't be made or written to. */
  async open(): Promise<void> {
    await this.files.open();
  }

  /** Every copy that can be used. Others are logged, set aside and left out. */
  async readAll(): Promise<AcceptedState[]> {
    const states: AcceptedState[] = [];
    for (const file of await this.files.readAll()) {
      const verdict = file.ok ? judgeMessage(file.value, file.app_name, () => null) : null;
      if (verdict?.kind === 'newer') {
        states.push(verdict.state);
        continue;
      }
      const problems = file.ok ? (verdict && 'problems' in verdict ? verdict.problems : []) : [];
      const reason = file.ok ? 'it is no desired state of this app' : file.reason;
      await this.setAside(file.app_name, reason, problems);
    }
    return states;
  }

  /** @throws {NodeJS.ErrnoException} when it can't be written; the copy before it is then still there. */
  async write({ desired, message }: AcceptedState): Promise<void> {
    try {
      await this.files.write(desired.app_name, message);
      this.problem = null;
    } catch (error) {
      this.problem = `the state folder can't be written to: ${messageOf(error)}`;
      throw error;
    }
  }

  async remove(appName: string): Promise<void> {
    await this.files.remove(appName);
  }

  private async setAside(app: string, reason: string, problems: unknown[]): Promise<void> {
    try {
      const file = await this.files.setAside(app);
      this.log.error('a copy of a desired state was set aside', { app, reason, problems, file });
    } catch (error) {
      this.log.error('a copy of a desired state is ignored', {
        app,
        reason,
        problems,
        error: messageOf(error),
      });
    }
  }
}
