import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AppBrief, WorkerHeartbeat } from '@nebula/contracts';
import { deleted, wanted } from '../agent/testing/messages.js';
import { WorkerUnderTest } from '../agent/testing/worker-under-test.js';
import { Clock } from '../clock.js';
import { eventually } from '../container-runtime/testing/eventually.js';

let worker: WorkerUnderTest;

beforeEach(async () => {
  worker = await WorkerUnderTest.open();
});

afterEach(async () => {
  await worker.destroy();
});

/** Resolves with the newest heartbeat when it has these apps. */
async function beaten(...apps: Partial<AppBrief>[]): Promise<WorkerHeartbeat> {
  return await eventually(() => {
    const newest = worker.heartbeats.at(-1);
    expect(newest?.apps).toMatchObject(apps);
    expect(newest?.apps).toHaveLength(apps.length);
    return newest as WorkerHeartbeat;
  });
}

class ShiftedClock extends Clock {
  shift = 0;

  override now(): number {
    return Date.now() + this.shift;
  }
}

describe('a heartbeat', () => {
  it('tells at the start who the worker is, and what it knows of the apps that are listed', async () => {
    await worker.start({
      ...{ worker_id: 'edge:7', worker_labels: { rack: '7' }, report_interval_seconds: 30 },
      selection: { kind: 'listed', apps: ['web', 'shop'] },
    });
    const nothing = { epoch: 0, revision: 0, deleted: false, state: 'converging' } as const;
    const first = await beaten({ app_name: 'web', ...nothing }, { app_name: 'shop', ...nothing });
    expect(first).toMatchObject({
      ...{ schema: 1, kind: 'heartbeat', worker_id: 'edge:7', sequence: 1, interval_seconds: 30 },
      worker: { labels: { rack: '7' }, worker_version: 'test' },
    });
  });

  it('counts on with the reports, in one boot', async () => {
    await worker.start({ report_interval_seconds: 1 });
    worker.receive(wanted());
    await worker.reported({ state: 'converged' });
    await beaten({ app_name: 'web', revision: 1, state: 'converged' });
    const { messages } = worker;
    expect(messages.map(({ sequence }) => sequence)).toEqual(messages.map((_, index) => index + 1));
    expect(new Set(messages.map(({ boot_nonce }) => boot_nonce)).size).toBe(1);
  });

  it('comes at the interval, with what is known by then', async () => {
    await worker.start({ report_interval_seconds: 1, selection: { kind: 'listed', apps: ['web'] } });
    await beaten({ app_name: 'web', revision: 0 });
    worker.receive(wanted({ revision: 3 }));
    await worker.reported({ revision: 3, state: 'converged' });
    // The list of apps is as it was, so this one waits for its time.
    await beaten({ app_name: 'web', epoch: 1, revision: 3, state: 'converged' });
    const count = worker.heartbeats.length;
    await eventually(() => expect(worker.heartbeats.length).toBeGreaterThan(count));
  });

  it('comes soon when the apps are others, long before its time', async () => {
    await worker.start({ report_interval_seconds: 3_600 });
    await beaten();
    worker.receive(wanted());
    await beaten({ app_name: 'web' });
    worker.receive(wanted({ app_name: 'shop' }));
    await beaten({ app_name: 'web' }, { app_name: 'shop' });
    worker.receive(deleted({ app_name: 'web' }));
    await beaten({ app_name: 'shop' });
  });

  it('goes on telling of a listed app that was deleted, for its name may be used again', async () => {
    await worker.start({ report_interval_seconds: 1, selection: { kind: 'listed', apps: ['web'] } });
    worker.receive(wanted());
    await worker.reported({ state: 'converged' });
    worker.receive(deleted());
    await beaten({ app_name: 'web', revision: 2, deleted: true, state: 'converged' });
  });

  it('follows when an app of a former list is gone', async () => {
    await worker.start();
    worker.receive(wanted({ app_name: 'former' }));
    await worker.reported({ app_name: 'former', state: 'converged' });
    await worker.close();
    worker.messages.length = 0;
    await worker.start({ report_interval_seconds: 3_600, selection: { kind: 'listed', apps: ['web'] } });
    await worker.reported({ app_name: 'former', deleted: true, state: 'converged' });
    await eventually(() => expect(worker.messages.at(-1)).toMatchObject({ kind: 'heartbeat' }));
    expect(worker.heartbeats.at(-1)?.apps.map(({ app_name }) => app_name)).toEqual(['web']);
  });

  it('tells of an app whose message is refused that it has failed', async () => {
    await worker.start({ report_interval_seconds: 1 });
    worker.receive({ ...wanted(), min_reader: 99 });
    await beaten({ app_name: 'web', epoch: 0, revision: 0, state: 'failed' });
  });

  it('brings reports again that are some heartbeats old', async () => {
    const clock = new ShiftedClock();
    await worker.start({ report_interval_seconds: 3, clock });
    const update = { min_ready_seconds: 0 };
    for (const app_name of ['web', 'shop']) worker.receive(wanted({ app_name, spec: { update } }));
    await worker.reported({ state: 'converged' });
    await worker.reported({ app_name: 'shop', state: 'converged' });
    const before = worker.reports.length;
    clock.shift = 9_000;
    await eventually(() => expect(worker.reports).toHaveLength(before + 2));
    const again = worker.reports.slice(before);
    expect(again.map(({ app_name }) => app_name).sort()).toEqual(['shop', 'web']);
    const kinds = worker.messages.slice(-3).map(({ kind }) => kind);
    expect(kinds).toEqual(['heartbeat', 'report', 'report']);
  });

  it('ends with the worker', async () => {
    await worker.start({ report_interval_seconds: 1 });
    const { boot_nonce } = await beaten();
    await worker.close();
    const { length } = worker.messages;
    // Another one on the same machine beats twice meanwhile.
    await worker.start({ report_interval_seconds: 1 });
    const isOther = (message: { boot_nonce: string }) => message.boot_nonce !== boot_nonce;
    await eventually(() => expect(worker.heartbeats.filter(isOther).length).toBeGreaterThan(1));
    expect(worker.messages.slice(length).every(isOther)).toBe(true);
  });
});
