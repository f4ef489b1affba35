import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { PATTERNS } from '@nebula/contracts';
import type { INestMicroservice } from '@nestjs/common';
import { KeptLog } from './agent/testing/kept-log.js';
import { wanted } from './agent/testing/messages.js';
import { DirectFeed } from './agent/testing/direct-feed.js';
import { eventually } from './container-runtime/testing/eventually.js';
import { createWorker } from './create-worker.js';
import { WorkerReadiness } from './worker-readiness.js';

let stateDir: string;
let feed: DirectFeed;
let log: KeptLog;
let worker: INestMicroservice | null = null;

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'nebula-worker-'));
  feed = new DirectFeed();
  log = new KeptLog();
});

afterEach(async () => {
  await worker?.close();
  worker = null;
  await rm(stateDir, { recursive: true, force: true });
});

async function create(docker_host = 'unix:///nowhere/docker.sock'): Promise<INestMicroservice> {
  worker = await createWorker({
    ...{ scope: 'default', state_dir: join(stateDir, 'new', 'worker'), docker_host, parallelism: 4 },
    ...{ selection: { kind: 'all' }, strategy: feed, logger: log, version: '3.0.0' },
    reports: { publish: () => undefined },
  });
  return worker;
}

it('a worker listens to desired states without an engine, says what is missing, and ends', async () => {
  const made = await create();
  expect(await made.get(WorkerReadiness).problem()).toContain('unix:///nowhere/docker.sock');
  await made.listen();
  await feed.deliver(PATTERNS.desiredState, wanted());
  await eventually(() => expect(log.text).toContain('the app has a new desired state'));
  // One line says which socket it is and what is with it.
  await eventually(() =>
    expect(log.text).toMatch(
      /does not answer; this is tried again.*unix:\/\/\/nowhere\/docker\.sock.*ENOENT/,
    ),
  );
});

it('a worker that never listened can be closed', async () => {
  await (await create()).close();
  worker = null;
});

it('an engine address that is none, and a state folder that can not be made, end the start', async () => {
  await expect(create('docker')).rejects.toThrow('docker_host is "docker"');
  await writeFile(join(stateDir, 'new'), '');
  await expect((await create()).listen()).rejects.toThrow('ENOTDIR');
});
