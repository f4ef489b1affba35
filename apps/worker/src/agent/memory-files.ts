import { join } from 'node:path';
import { compactSpec } from '@nebula/contracts';
import { Inject, Injectable } from '@nestjs/common';
import { AppFiles } from '../state-folder/app-files.js';
import { WorkerLog } from '../worker-log.js';
import { WORKER_OPTIONS, type WorkerOptions } from '../worker-options.js';
import { type KeptMemory, readMemory } from './kept-memory.js';

/** What the worker has learned about each app, on disk. Losing it costs retries, so no failure here stops anything. */
@Injectable()
export class MemoryFiles {
  private readonly files: AppFiles;

  constructor(
    @Inject(WORKER_OPTIONS) options: Pick<WorkerOptions, 'state_dir'>,
    private readonly log: WorkerLog,
  ) {
    this.files = new AppFiles(join(options.state_dir, 'memory'));
  }

  /** @throws when the folder can't be made or written to. */
  async open(): Promise<void> {
    await this.files.open();
  }

  async readAll(): Promise<Map<string, KeptMemory>> {
    const kept = new Map<string, KeptMemory>();
    for (const file of await this.files.readAll()) {
      const memory = file.ok ? readMemory(file.value) : null;
      if (memory) kept.set(file.app_name, memory);
      else
        this.log.warn('what was learned about an app can not be read and is forgotten', {
          app: file.app_name,
        });
    }
    return kept;
  }

  /** @throws when it can't be written. */
  async write(appName: string, kept: KeptMemory): Promise<void> {
    const { good } = kept.memory;
    const compact = good && { ...good, spec: compactSpec(good.spec) };
    await this.files.write(appName, { ...kept, memory: { ...kept.memory, good: compact } });
  }

  async remove(appName: string): Promise<void> {
    await this.files.remove(appName).catch(() => undefined);
  }
}
