import { Injectable } from '@nestjs/common';
import pLimit from 'p-limit';
import { ContainerRuntime, type LocalImage } from '../container-runtime/container-runtime.js';
import { RuntimeError } from '../container-runtime/runtime-error.js';
import { WorkerLog } from '../worker-log.js';
import { ImageLedger } from './image-ledger.js';
import { ImageLists } from './image-lists.js';
import { ImageNames } from './image-names.js';

/** Images that apps of this worker may need, whether or not a container is made from them now. */
export interface NeededImages {
  ids: ReadonlySet<string>;
  references: ReadonlySet<string>;
}

/**
 * Removes images that nobody needs any more. It touches only what this worker has pulled, what no container of anybody
 * is made from, what no app may need, and what has no name that somebody else has given it.
 */
@Injectable()
export class ImagePruner {
  /** Tells what is needed; nothing is removed before that is known. */
  needed: (() => NeededImages) | null = null;
  /** One at a time: what several apps ask for at once is the same. */
  private readonly turns = pLimit(1);

  constructor(
    private readonly runtime: ContainerRuntime,
    private readonly ledger: ImageLedger,
    private readonly lists: ImageLists,
    private readonly log: WorkerLog,
  ) {}

  /**
   * Removes what isn't needed, what was pulled longest ago first. An image that can't be removed stays, and is told in
   * the log.
   *
   * @param isEnough asked before each image: the others stay.
   * @throws {RuntimeError} when the engine doesn't answer.
   */
  async prune(isEnough: () => Promise<boolean> = neverEnough): Promise<void> {
    await this.turns(async () => {
      const images = await this.lists.all();
      for (const image of await this.oldestFirst(images)) {
        if (await isEnough()) break;
        if (await this.isRemovable(image)) await this.remove(image);
      }
      await this.lists.look();
      await this.ledger.written();
    });
  }

  private async oldestFirst(images: readonly LocalImage[]): Promise<LocalImage[]> {
    const timed = images.map(async (image) => ({ image, at: await this.ledger.pulledAt(image.id) }));
    return (await Promise.all(timed)).sort((a, b) => a.at - b.at).map(({ image }) => image);
  }

  private async isRemovable({ id, names, is_used }: LocalImage): Promise<boolean> {
    const references = await this.ledger.references(id);
    if (references.size === 0 || is_used) return false;
    const own = new ImageNames(references);
    if (!names.every((name) => own.haveGiven(name))) return false;
    // Asked last and without a pause before the removal begins: a pull may have ended meanwhile.
    const needed = this.needed?.();
    if (!needed || this.ledger.isFresh(id) || needed.ids.has(id)) return false;
    const wanted = new ImageNames(needed.references);
    return !names.some((name) => wanted.has(name));
  }

  private async remove({ id, names, size_bytes }: LocalImage): Promise<void> {
    try {
      await this.runtime.removeImage(
        id,
        names.filter((name) => !name.includes('@')),
      );
      const megabytes = Math.round(size_bytes / 1_000_000);
      this.log.info('an image that is not needed any more is removed', { image: id, names, megabytes });
    } catch (error) {
      if (!(error instanceof RuntimeError) || error.kind === 'unavailable') throw error;
      // Somebody has begun to use it, or it is a part of another one.
      this.log.info('an image stays though it is not needed', { image: id, names, error: error.message });
    }
  }
}

function neverEnough(): Promise<boolean> {
  return Promise.resolve(false);
}
