import { Injectable } from '@nestjs/common';
import pLimit from 'p-limit';
import { ContainerRuntime, type LocalImage } from '../container-runtime/container-runtime.js';
import { messageOf, WorkerLog } from '../worker-log.js';
import { ImageLedger } from './image-ledger.js';

/** The one way to the list of images: whatever it is read for, it teaches which of this worker's images are gone, beside what the engine says. */
@Injectable()
export class ImageLists {
  private readonly turns = pLimit(1);

  constructor(
    private readonly runtime: ContainerRuntime,
    private readonly ledger: ImageLedger,
    private readonly log: WorkerLog,
  ) {}

  /**
   * All images of the engine.
   *
   * @throws {RuntimeError}
   */
  async all(): Promise<LocalImage[]> {
    return await this.ledger.keepListed(() => this.runtime.localImages());
  }

  /**
   * An image was removed, as the engine says, which is told later than it happens. One that this worker has pulled again
   * meanwhile is forgotten, too, and stays: that is better than to remove one that a user has pulled.
   *
   * @param id null when the engine doesn't say which: it may be seen in a list.
   */
  async gone(id: string | null): Promise<void> {
    if (id !== null) await this.ledger.forget(id);
    await this.look();
  }

  /** Looks whether images are gone, when there are any that this worker has pulled. Never fails: the next look is another try. */
  async look(): Promise<void> {
    // A look that waits for its turn sees what this one would.
    if (this.turns.pendingCount > 0) return;
    await this.turns(async () => {
      try {
        if (!(await this.ledger.isEmpty())) await this.all();
      } catch (error) {
        this.log.debug('the images can not be listed', { error: messageOf(error) });
      }
    });
  }
}
