import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '../clock.js';
import type { LocalImage } from '../container-runtime/container-runtime.js';
import { atomicWrite } from '../state-folder/atomic-write.js';
import { messageOf, WorkerLog } from '../worker-log.js';
import { WORKER_OPTIONS, type WorkerOptions } from '../worker-options.js';

/** An image that this worker has pulled. */
interface Entry {
  references: ReadonlySet<string>;
  /** The last pull, milliseconds since 1970; 0 when an earlier version pulled it. */
  pulled_at: number;
}

/** By image id. */
type Entries = Map<string, Entry>;

/**
 * Which images of the engine are this worker's: those that were not there before it pulled them. It is kept on disk;
 * what is lost is an image that is not removed, never one that is wrongly. So each list of images is held against it.
 */
@Injectable()
export class ImageLedger implements OnApplicationShutdown {
  private readonly file: string;
  private reading: Promise<Entries> | null = null;
  private writing: Promise<void> = Promise.resolve();
  /** Pulled a moment ago: nobody who wants it can have said so yet. */
  private readonly fresh = new Set<string>();

  constructor(
    @Inject(WORKER_OPTIONS) options: Pick<WorkerOptions, 'state_dir'>,
    private readonly clock: Clock,
    private readonly log: WorkerLog,
  ) {
    this.file = join(options.state_dir, 'images.json');
  }

  /**
   * Takes note of a pull.
   *
   * @param wasThere the image was there before it, so it is somebody else's unless it is in here already.
   */
  async pulled(id: string, reference: string, wasThere: boolean): Promise<void> {
    const entries = await this.entries();
    const known = entries.get(id);
    this.fresh.add(id);
    // Whoever has waited for it goes on in this same turn.
    setImmediate(() => this.fresh.delete(id));
    if (wasThere && !known) return;
    const references = new Set([...(known?.references ?? []), reference]);
    entries.set(id, { references, pulled_at: this.clock.now() });
    this.save(entries);
  }

  /** References under which it was pulled by this worker, none for an image that isn't its own. */
  async references(id: string): Promise<ReadonlySet<string>> {
    return (await this.entries()).get(id)?.references ?? new Set();
  }

  /** When this worker has last pulled it, milliseconds since 1970; 0 when that isn't known. */
  async pulledAt(id: string): Promise<number> {
    return (await this.entries()).get(id)?.pulled_at ?? 0;
  }

  /** Resolves when what is to be kept is on disk. */
  async written(): Promise<void> {
    await this.writing;
  }

  /** By now nothing is pulled any more. */
  async onApplicationShutdown(): Promise<void> {
    await this.written();
  }

  isFresh(id: string): boolean {
    return this.fresh.has(id);
  }

  /** This worker has pulled none of the engine's images. */
  async isEmpty(): Promise<boolean> {
    return (await this.entries()).size === 0;
  }

  /** The image was gone, even if it is there again: whoever has pulled it since has it as his own. */
  async forget(id: string): Promise<void> {
    const entries = await this.entries();
    if (entries.delete(id)) this.save(entries);
  }

  /**
   * Forgets the images that a list of all doesn't have: whoever pulls one of them from now on has it as his own. One that
   * is pulled while the list is read stays.
   */
  async keepListed(list: () => Promise<LocalImage[]>): Promise<LocalImage[]> {
    const entries = await this.entries();
    const before = [...entries];
    const images = await list();
    const ids = new Set(images.map(({ id }) => id));
    const gone = before.filter(([id, entry]) => !ids.has(id) && entries.get(id) === entry);
    for (const [id] of gone) entries.delete(id);
    if (gone.length > 0) this.save(entries);
    return images;
  }

  private entries(): Promise<Entries> {
    return (this.reading ??= this.read());
  }

  private async read(): Promise<Entries> {
    try {
      return entriesIn(JSON.parse(await readFile(this.file, 'utf8')));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        this.log.warn(
          'which images this worker has pulled can not be read, so none of them will be removed',
          {
            error: messageOf(error),
          },
        );
      }
      return new Map();
    }
  }

  /** In the background and in order: a pull doesn't wait for the disk. */
  private save(entries: Entries): void {
    const images = Object.fromEntries([...entries].map(([id, { references }]) => [id, [...references]]));
    const pulled_at = Object.fromEntries([...entries].map(([id, entry]) => [id, entry.pulled_at]));
    const text = `${JSON.stringify({ images, pulled_at })}\n`;
    this.writing = this.writing
      .then(() => atomicWrite(this.file, text))
      .catch((error: unknown) => {
        this.log.warn('which images this worker has pulled can not be kept', { error: messageOf(error) });
      });
  }
}

function entriesIn(value: unknown): Entries {
  const { images, pulled_at } = isObject(value) ? value : {};
  const times = isObject(pulled_at) ? pulled_at : {};
  return new Map(
    Object.entries(isObject(images) ? images : {}).map(([id, references]) => {
      const names = Array.isArray(references) ? references.filter((item) => typeof item === 'string') : [];
      const time = times[id];
      return [id, { references: new Set(names), pulled_at: typeof time === 'number' ? time : 0 }];
    }),
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
