import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CountingProxy } from '../../../../tools/bench/worker-start/counting-proxy.mjs';
import { eventually } from '../container-runtime/testing/eventually.js';
import { IMAGES, WorkerOnEngine } from './testing/worker-on-engine.js';

let worker: WorkerOnEngine;

beforeEach(async () => {
  worker = await WorkerOnEngine.open();
}, 60_000);

afterEach(async () => {
  await worker.destroy();
}, 60_000);

describe('what is right is never touched', () => {
  it('scaling from 2 to 3 starts one container, and back removes the highest', async () => {
    const ports = [worker.engine.port(), worker.engine.port(), worker.engine.port()];
    const spec = { starting_ports: ports.slice(0, 1) };
    await worker.start();
    await worker.want(1, { ...spec, containers_per: { server: 2 } });
    await worker.reported({ state: 'converged', revision: 1 });
    const two = await worker.containers();
    expect(two.map(({ name, running }) => [name, running])).toEqual([
      [`${worker.app}-1`, true],
      [`${worker.app}-2`, true],
    ]);

    await worker.want(2, { ...spec, containers_per: { server: 3 } });
    await worker.reported({ state: 'converged', revision: 2 });
    const three = await worker.containers();
    expect(three.slice(0, 2)).toEqual(two);
    expect(three.map(({ running }) => running)).toEqual([true, true, true]);

    await worker.want(3, { ...spec, containers_per: { server: 2 } });
    await worker.reported({ state: 'converged', revision: 3 });
    expect(await worker.containers()).toEqual(two);
  }, 60_000);

  it('a restart of the worker makes no call that writes, with its state folder or without, and no idle worker asks', async () => {
    await worker.start();
    await worker.want(1, { containers_per: { server: 3 } });
    await worker.reported({ state: 'converged' });
    const before = await worker.containers();
    await worker.close();

    const folder = await mkdtemp(join(tmpdir(), 'nb-'));
    const proxy = await CountingProxy.open(worker.engine.host, folder);
    try {
      for (const loses of [false, true]) {
        if (loses) await rm(join(worker.stateDir, 'worker'), { recursive: true });
        worker.forgetReports();
        proxy.reset();
        await worker.start({ docker_host: proxy.dockerHost });
        await worker.reported({ state: 'converged', revision: 1 });
        expect(proxy.writes()).toBe(0);
        expect(await worker.containers()).toEqual(before);
        // What its start set off is over when a second brings no call.
        let calls = '';
        await eventually(async () => {
          const last = calls;
          await new Promise((resolve) => setTimeout(resolve, 1_000));
          calls = JSON.stringify(proxy.counts());
          expect(calls).toBe(last);
        });
        await worker.close();
      }
    } finally {
      await proxy.close();
      await rm(folder, { recursive: true });
    }
  }, 60_000);

  it('the end of the worker leaves the containers as they are', async () => {
    await worker.start();
    await worker.want(1);
    await worker.reported({ state: 'converged' });
    const before = await worker.containers();
    await worker.close();
    expect(await worker.containers()).toEqual(before);
  }, 60_000);
});

describe('a change', () => {
  it('of the environment or the image replaces every container, and a restart does so too', async () => {
    await worker.start();
    await worker.want(1, { containers_per: { server: 2 } });
    await worker.reported({ state: 'converged', revision: 1 });
    const ids = new Set((await worker.containers()).map(({ id }) => id));
    await worker.want(2, { containers_per: { server: 2 }, env_vars: { COLOUR: 'blue' } });
    await worker.reported({ state: 'converged', revision: 2 });
    for (const { id } of await worker.containers()) {
      expect(ids).not.toContain(id);
      expect(await worker.engine.inside(id, 'env')).toContain('COLOUR=blue');
      ids.add(id);
    }
    await worker.want(3, { containers_per: { server: 2 }, docker_image: IMAGES[1] });
    const report = await worker.reported({ state: 'converged', revision: 3 });
    expect(report.containers.map(({ image }) => image)).toEqual([IMAGES[1], IMAGES[1]]);
    for (const { id } of await worker.containers()) ids.add(id);
    await worker.want(
      4,
      { containers_per: { server: 2 }, docker_image: IMAGES[1] },
      { tokens: { restart: 4 } },
    );
    await worker.reported({ state: 'converged', revision: 4 });
    for (const { id } of await worker.containers()) expect(ids).not.toContain(id);
    expect(await worker.containers()).toHaveLength(2);
  }, 60_000);

  it('of the ports by one arrives', async () => {
    const first = Array.from({ length: 4 }, () => worker.engine.port())[0] ?? 0;
    await worker.start();
    await worker.want(1, { containers_per: { server: 3 }, starting_ports: [{ [String(first)]: '8080' }] });
    await worker.reported({ state: 'converged', revision: 1 });
    await worker.want(2, {
      containers_per: { server: 3 },
      starting_ports: [{ [String(first + 1)]: '8080' }],
    });
    const report = await worker.reported({ state: 'converged', revision: 2 });
    expect(report.containers.map(({ ports }) => ports[0]?.host_port)).toEqual([
      first + 1,
      first + 2,
      first + 3,
    ]);
    for (let port = first + 1; port <= first + 3; port += 1) {
      expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
    }
    expect(worker.log.lines.filter(({ message }) => message.startsWith('failed'))).toEqual([]);
  }, 60_000);

  it('to a stopped or a deleted app removes its containers, and its report says so', async () => {
    await worker.start();
    await worker.want(1, { containers_per: { server: 2 } });
    await worker.reported({ state: 'converged' });
    await worker.want(2, { containers_per: { server: 2 }, running: false });
    expect((await worker.reported({ state: 'converged', revision: 2 })).containers).toEqual([]);
    expect(await worker.containers()).toEqual([]);
    await worker.want(3);
    await worker.reported({ state: 'converged', revision: 3 });
    await worker.delete(4);
    expect((await worker.reported({ state: 'converged', deleted: true })).containers).toEqual([]);
    expect(await worker.containers()).toEqual([]);
  }, 60_000);

  it('followed by another in quick succession: the newer wins, and nothing is started for the older', async () => {
    const started: string[] = [];
    const ending = new AbortController();
    const events = await worker.engine.docker.getEvents({
      filters: { event: ['start'], label: [`nebula.scope=${worker.engine.scope}`] },
      abortSignal: ending.signal,
    });
    events.on('error', () => undefined);
    events.on('data', (chunk: Buffer) => started.push(chunk.toString()));
    await worker.start();
    await worker.want(1);
    await worker.reported({ state: 'converged', revision: 1 });
    for (let revision = 2; revision <= 6; revision += 1) {
      await worker.want(revision, {
        env_vars: { REVISION: String(revision) },
        containers_per: { server: 8 - revision },
      });
    }
    await worker.reported({ state: 'converged', revision: 6 });
    const containers = await worker.containers();
    expect(containers.map(({ name }) => name)).toEqual([`${worker.app}-1`, `${worker.app}-2`]);
    for (const { id } of containers) expect(await worker.engine.inside(id, 'env')).toContain('REVISION=6');
    // One for the first revision, two for the last.
    await eventually(() => expect(started.join('').split('"start"').length - 1).toBeGreaterThanOrEqual(3));
    expect(started.join('').match(/"Action":"start"/g)).toHaveLength(3);
    ending.abort();
  }, 60_000);
});
