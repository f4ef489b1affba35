import { afterAll, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newMark, stopLeftServices } from '../tools/test/left-services.mjs';
import { REPOSITORY } from './testing/clone.js';
import { eventually } from './testing/eventually.js';
import { ServiceProcess } from './testing/service-process.js';

const LIMIT = 30_000;

let folder: string;
let worker: ServiceProcess;

afterAll(async () => {
  await worker.kill();
  await rm(folder, { recursive: true, force: true });
});

it(
  'a service that was left by tests that were killed is ended by their mark, and no other',
  async () => {
    folder = await mkdtemp(join(tmpdir(), 'nebula-e2e-left-'));
    const mark = newMark();
    worker = new ServiceProcess({
      ...{ name: 'worker', folder, args: [join(REPOSITORY, 'apps', 'worker', 'dist', 'main.js')] },
      environment: {
        ...{ ...mark, APP_NAME: 'shop', RABBIT_HOST: '127.0.0.1:1', RABBIT_USER: 'u', RABBIT_PASSWORD: 'p' },
        ...{ DOCKER_HOST: `unix://${folder}/none.sock`, STATE_DIR: 'state', WORKER_PORT: '0' },
      },
    });
    worker.start();
    await eventually(async () => expect(worker.output).toContain('127.0.0.1:1'), LIMIT);
    expect(await stopLeftServices(newMark())).toEqual([]);
    expect(worker.isRunning).toBe(true);
    expect(await stopLeftServices(mark)).toHaveLength(1);
    await eventually(async () => expect(worker.isRunning).toBe(false), LIMIT);
  },
  2 * LIMIT,
);
