import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { bootId } from './boot-id.js';
import { ClockJumps, type KnownClock, type Span } from './clock-jumps.js';
import { atomicWrite } from './state-folder/atomic-write.js';
import { messageOf, WorkerLog } from './worker-log.js';
import { WORKER_OPTIONS, type WorkerOptions } from './worker-options.js';

/**
 * Keeps on disk how the clock was set, for the next process of the worker: what was noted by another clock, by this
 * program or by the engine, would look much older or younger to it than it is. Where that can't be kept, it is as if the
 * clock had never been set.
 */
@Injectable()
export class KeptClock implements OnModuleInit, OnApplicationShutdown {
  private readonly file: string;
  private boot: string | null = null;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    @Inject(WORKER_OPTIONS) options: Pick<WorkerOptions, 'state_dir'>,
    private readonly jumps: ClockJumps,
    private readonly log: WorkerLog,
  ) {
    this.file = join(options.state_dir, 'clock.json');
  }

  /** Before anything is read that has times in it. */
  async onModuleInit(): Promise<void> {
    this.boot = await bootId();
    if (this.boot === null) return;
    const kept = await this.read();
    if (kept?.boot === this.boot) this.jumps.continueFrom(kept.clock);
    this.jumps.onJump = () => this.save();
    this.save();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.writing;
  }

  private async read(): Promise<{ boot: string; clock: KnownClock } | null> {
    try {
      return readKept(JSON.parse(await readFile(this.file, 'utf8')));
    } catch {
      // There is none, or none that anybody could read.
      return null;
    }
  }

  /** In the background and in order. */
  private save(): void {
    const text = `${JSON.stringify({ boot: this.boot, clock: this.jumps.known })}\n`;
    this.writing = this.writing
      .then(() => atomicWrite(this.file, text))
      .catch((error: unknown) => {
        this.log.debug('how the clock was set can not be kept', { error: messageOf(error) });
      });
  }
}

function readKept(value: unknown): { boot: string; clock: KnownClock } | null {
  if (!isRecord(value) || typeof value['boot'] !== 'string' || !isRecord(value['clock'])) return null;
  const { spans, from, last } = value['clock'];
  if (!Array.isArray(spans) || !isTime(from) || !isRecord(last)) return null;
  const { now, steady } = last;
  if (typeof now !== 'number' || typeof steady !== 'number') return null;
  return { boot: value['boot'], clock: { spans: spans.filter(isSpan), from, last: { now, steady } } };
}

function isSpan(value: unknown): value is Span {
  if (!isRecord(value) || !isTime(value['from'])) return false;
  return typeof value['until'] === 'number' && typeof value['end'] === 'number';
}

function isTime(value: unknown): value is number | null {
  return value === null || typeof value === 'number';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
