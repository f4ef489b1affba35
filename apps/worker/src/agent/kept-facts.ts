import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { EngineFacts } from '../container-runtime/container-runtime.js';
import { atomicWrite } from '../state-folder/atomic-write.js';
import { messageOf, WorkerLog } from '../worker-log.js';
import { WORKER_OPTIONS, type WorkerOptions } from '../worker-options.js';

const TEXTS = ['hostname', 'engine_version', 'architecture'] as const;
const NUMBERS = ['cores', 'memory_bytes'] as const;

/** What an engine says of itself as far as reports have it. */
export type ToldFacts = Pick<EngineFacts, 'engine_id' | (typeof TEXTS)[number] | (typeof NUMBERS)[number]>;

/**
 * Keeps on disk what the engine has said of itself, so that a worker that starts without it can tell who it is, and that
 * its engine is away. Where that can't be kept, such a worker is silent until the engine answers.
 */
@Injectable()
export class KeptFacts implements OnModuleInit, OnApplicationShutdown {
  /** Null when nothing is kept. */
  newest: ToldFacts | null = null;
  private readonly file: string;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    @Inject(WORKER_OPTIONS) options: Pick<WorkerOptions, 'state_dir'>,
    private readonly log: WorkerLog,
  ) {
    this.file = join(options.state_dir, 'engine.json');
  }

  /** Before anything is told. */
  async onModuleInit(): Promise<void> {
    try {
      this.newest = readTold(JSON.parse(await readFile(this.file, 'utf8')));
    } catch {
      // There is none, or none that anybody could read.
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.writing;
  }

  /** Keeps what the engine has just said, in the background and in order. */
  note(facts: EngineFacts): void {
    const told = readTold(facts);
    if (told === null || isDeepStrictEqual(told, this.newest)) return;
    this.newest = told;
    this.writing = this.writing
      .then(() => atomicWrite(this.file, `${JSON.stringify(told)}\n`))
      .catch((error: unknown) => {
        this.log.debug('what the engine says of itself can not be kept', { error: messageOf(error) });
      });
  }
}

function readTold(value: unknown): ToldFacts | null {
  if (typeof value !== 'object' || value === null) return null;
  const told = value as Record<keyof ToldFacts, unknown>;
  const { engine_id, hostname, engine_version, architecture, cores, memory_bytes } = told;
  const isGood =
    (engine_id === null || typeof engine_id === 'string') &&
    TEXTS.every((name) => typeof told[name] === 'string') &&
    NUMBERS.every((name) => typeof told[name] === 'number');
  // Checked one by one above.
  return isGood
    ? ({ engine_id, hostname, engine_version, architecture, cores, memory_bytes } as ToldFacts)
    : null;
}
