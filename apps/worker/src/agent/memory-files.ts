import { join } from 'node:path';
import type { Position } from '@nebula/contracts';
import { Inject, Injectable } from '@nestjs/common';
import { type AppMemory, emptyMemory, type Failure, type ImagePin } from '../reconcile/memory.js';
import { AppFiles } from '../state-folder/app-files.js';
import { messageOf, WorkerLog } from '../worker-log.js';
import { WORKER_OPTIONS, type WorkerOptions } from '../worker-options.js';

/** What was learned, and about which desired state: with a newer one, failures may count no longer. */
export interface KeptMemory extends Position {
  memory: AppMemory;
}

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

  async write(appName: string, kept: KeptMemory): Promise<void> {
    try {
      await this.files.write(appName, kept);
    } catch (error) {
      this.log.warn('what was learned about an app can not be kept', {
        app: appName,
        error: messageOf(error),
      });
    }
  }

  async remove(appName: string): Promise<void> {
    await this.files.remove(appName).catch(() => undefined);
  }
}

/** Null for anything that this version didn't write. A failure that it can't read is as if it hadn't happened. */
function readMemory(value: unknown): KeptMemory | null {
  if (!isRecord(value) || !isRecord(value['memory'])) return null;
  const { epoch, revision, memory } = value;
  if (typeof epoch !== 'number' || typeof revision !== 'number') return null;
  const { pin, failures } = memory;
  const entries = isRecord(failures) ? Object.entries(failures) : [];
  return {
    epoch,
    revision,
    memory: {
      ...emptyMemory(),
      pin: isPin(pin) ? pin : null,
      failures: Object.fromEntries(
        entries.filter((entry): entry is [string, Failure] => isFailure(entry[1])),
      ),
    },
  };
}

function isPin(value: unknown): value is ImagePin {
  return has(value, { image: 'string', release: 'number', image_id: 'string' });
}

function isFailure(value: unknown): value is Failure {
  return has(value, {
    step: 'string',
    message: 'string',
    attempts: 'number',
    terminal: 'boolean',
    failed_at: 'number',
    retry_at: 'number',
  });
}

function has(value: unknown, members: Record<string, string>): boolean {
  return isRecord(value) && Object.entries(members).every(([name, type]) => typeof value[name] === type);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
