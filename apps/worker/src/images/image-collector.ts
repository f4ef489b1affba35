import { Inject, Injectable } from '@nestjs/common';
import pLimit from 'p-limit';
import { ContainerRuntime } from '../container-runtime/container-runtime.js';
import { messageOf, WorkerLog } from '../worker-log.js';
import { type DiskLimits, WORKER_OPTIONS, type WorkerOptions } from '../worker-options.js';
import { type DiskUsage, diskUsage, isTooFull, usedPercent } from './disk-usage.js';
import { ImagePruner } from './image-pruner.js';

/** Removes images that nothing needs when the disk that they are on is short of space. */
@Injectable()
export class ImageCollector {
  /** Called when the disk is too full, and nothing is left that can be removed here. */
  onShort: () => void = () => undefined;
  private short = false;
  private readonly limits: DiskLimits | null;
  private readonly turns = pLimit(1);
  /** Said already: what is so at every look is told once. */
  private told: string | null = null;

  constructor(
    @Inject(WORKER_OPTIONS) options: Pick<WorkerOptions, 'images'>,
    private readonly runtime: ContainerRuntime,
    private readonly pruner: ImagePruner,
    private readonly log: WorkerLog,
  ) {
    this.limits = options.images?.gc ?? null;
  }

  /** The disk was too full at the last look, also without the images that nothing needs. */
  get isShort(): boolean {
    return this.short;
  }

  /** Looks at the disk, and removes images when it is too full. Never fails: the next look is another try. */
  async collect(): Promise<void> {
    const { limits } = this;
    // A look that waits for its turn sees what this one would.
    if (!limits || this.turns.pendingCount > 0) return;
    await this.turns(async () => {
      try {
        await this.collectNow(limits);
      } catch (error) {
        // Nothing goes unasked because of how the disk was.
        this.short = false;
        this.log.debug('images can not be collected', { error: messageOf(error) });
      }
    });
  }

  private async collectNow(limits: DiskLimits): Promise<void> {
    const { image_folder: folder } = await this.runtime.facts();
    const before = folder === null ? null : await this.look(folder);
    if (folder === null || !before) {
      this.short = false;
      const text = 'the disk of the images can not be seen from here, so none is removed when it is full';
      this.tell('unseen', text, { folder });
      return;
    }
    if (!isTooFull(before, limits, this.short)) {
      this.told = null;
      this.short = false;
      return;
    }
    let disk = before;
    await this.pruner.prune(async () => {
      disk = await diskUsage(folder);
      return !isTooFull(disk, limits, true);
    });
    disk = await diskUsage(folder);
    const fields = { folder, percent: shown(disk), before: shown(before) };
    this.short = isTooFull(disk, limits, true);
    if (!this.short) {
      this.told = null;
      this.log.info('the disk was too full, and images that are not needed are removed', fields);
    } else {
      this.tell('full', 'the disk is too full, and no image on it is left that is not needed', fields);
      this.onShort();
    }
  }

  /** Null when the folder can't be reached. */
  private async look(folder: string): Promise<DiskUsage | null> {
    try {
      return await diskUsage(folder);
    } catch (error) {
      this.log.debug('the disk of the images can not be seen', { folder, error: messageOf(error) });
      return null;
    }
  }

  private tell(what: string, text: string, fields: Record<string, unknown>): void {
    if (this.told === what) return;
    this.told = what;
    this.log.warn(text, fields);
  }
}

function shown(disk: DiskUsage): number {
  return Math.round(usedPercent(disk));
}
