import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ContainerReport, LastError, WorkerReport } from '@nebula/contracts';
import { PROBLEMS } from '../http/problem-types.js';
import { reportOf } from '../store/testing/records.js';
import { ApiUnderTest } from '../testing/api-under-test.js';
import { eventually } from '../testing/eventually.js';
import { expectProblem } from '../testing/expect-problem.js';
import { briefOf, heartbeatOf } from './testing/messages.js';
import type { WorkerStatus } from './worker-status.js';

let api: ApiUnderTest;
beforeAll(async () => {
  api = await ApiUnderTest.start();
});
afterAll(async () => {
  await api.stop();
});

interface Status {
  app_name: string;
  epoch: number;
  revision: number;
  deleted: boolean;
  running: boolean;
  workers: WorkerStatus[];
  summary: Record<string, number>;
  updates: Record<string, number>;
  next_cursor: string | null;
}

async function status(app: string, query = ''): Promise<Status> {
  const { status: code, body } = await api.call('GET', `/apps/${app}/status${query}`);
  expect({ code, body }).toMatchObject({ code: 200 });
  return body as Status;
}

let sequence = 0;

/** A worker says something over the transport that brings reports. */
function report(app_name: string, worker_id: string, said: Partial<WorkerReport> = {}): void {
  api.broker.reports.publish(reportOf({ app_name, worker_id, sequence: (sequence += 1), ...said }));
}

/** Resolves with the status when a worker's part of it is like this. */
async function seen(app: string, worker_id: string, part: Partial<WorkerStatus>): Promise<Status> {
  return await eventually(async () => {
    const found = await status(app);
    expect(found.workers.find((worker) => worker.worker_id === worker_id)).toMatchObject(part);
    return found;
  });
}

const NOBODY = { converged: 0, converging: 0, failed: 0, offline: 0 };

const CONTAINER: ContainerReport = {
  ...{ id: '4f2a', name: 'shop-1', replica: 1, state: 'running', health: 'healthy', image: 'shop:1' },
  ...{ image_id: 'sha256:9d1c', ports: [{ host_port: 81, container_port: 80 }], restart_count: 2 },
};
const ERROR: LastError = {
  step: 'pull shop:1',
  message: 'manifest unknown',
  at: '2026-01-31T12:00:00.000Z',
  retry_at: '2026-01-31T12:00:10.000Z',
};

describe('the status of an app', () => {
  it('is known before any worker has said a word', async () => {
    await api.create('silent', { running: false });
    expect(await status('silent')).toMatchObject({
      ...{ app_name: 'silent', epoch: 1, revision: 1, deleted: false, running: false, workers: [] },
      ...{ summary: NOBODY, revisions: [], convergence: null, next_cursor: null },
    });
  });

  it('has all that a worker said last', async () => {
    await api.create('whole');
    const from = new Date().toISOString();
    const update = { state: 'rolled_back', ready: 1, replicas: 1, back_to: 1 } as const;
    report('whole', 'edge-1', { state: 'failed', containers: [CONTAINER], last_error: ERROR, update });
    const { workers, summary, updates } = await seen('whole', 'edge-1', { state: 'failed' });
    expect(workers).toMatchObject([
      {
        ...{ worker_id: 'edge-1', hostname: 'edge', worker_version: '3.0.0', epoch: 1, revision: 1 },
        ...{ position: 'current', state: 'failed', containers: [CONTAINER], last_error: ERROR },
        ...{ update, reported_at: expect.stringMatching(/^\d{4}-.*Z$/) },
      },
    ]);
    expect((workers[0]?.reported_at ?? '') >= from).toBe(true);
    expect(summary).toEqual({ ...NOBODY, failed: 1 });
    expect(updates).toMatchObject({ rolled_back: 1, done: 0 });
  });

  it('counts by image where one tag stands for several builds, and has notices', async () => {
    await api.create('builds');
    const notices = ['this server can not limit pids'];
    const other = { ...CONTAINER, image_id: 'sha256:other' };
    report('builds', 'edge-1', { containers: [CONTAINER], notices });
    report('builds', 'edge-2', { containers: [CONTAINER, other] });
    await seen('builds', 'edge-1', { notices });
    expect(await seen('builds', 'edge-2', { notices: [] })).toMatchObject({
      images: [
        { image_id: CONTAINER.image_id, workers: 2 },
        { image_id: 'sha256:other', workers: 1 },
      ],
      updates: { done: 0, paused: 0 },
    });
  });

  it('goes from converging to failed to converged as the worker does', async () => {
    await api.create('way');
    report('way', 'edge-1', { state: 'converging' });
    expect((await seen('way', 'edge-1', { state: 'converging' })).summary).toMatchObject({ converging: 1 });
    report('way', 'edge-1', { state: 'failed', last_error: ERROR });
    expect((await seen('way', 'edge-1', { state: 'failed' })).summary).toMatchObject({ failed: 1 });
    report('way', 'edge-1', { state: 'converged', containers: [CONTAINER] });
    // Workers of before don't tell of updates.
    const { summary } = await seen('way', 'edge-1', { state: 'converged', last_error: null, update: null });
    expect(summary).toEqual({ ...NOBODY, converged: 1 });
  });

  it('takes nobody for converged or failed who is at another revision', async () => {
    await api.create('moved');
    report('moved', 'edge-1', { state: 'converged' });
    report('moved', 'edge-2', { state: 'failed', last_error: ERROR });
    await seen('moved', 'edge-1', { state: 'converged', position: 'current' });
    await seen('moved', 'edge-2', { state: 'failed' });
    await api.call('POST', '/apps/moved/restart');
    const { revision, summary, workers } = await status('moved');
    expect(revision).toBe(2);
    expect(summary).toEqual({ ...NOBODY, converging: 2 });
    for (const worker of workers) {
      expect(worker).toMatchObject({ state: 'converging', position: 'behind', revision: 1 });
    }
    // What it failed with is worth reading until it says something newer.
    expect(workers[1]?.last_error).toEqual(ERROR);
    report('moved', 'edge-1', { revision: 2 });
    expect((await seen('moved', 'edge-1', { position: 'current' })).summary).toMatchObject({ converged: 1 });
    report('moved', 'edge-2', { revision: 3 });
    await seen('moved', 'edge-2', { position: 'ahead', state: 'converging' });
  });

  it('gives no error and no update of another position than the one that the worker has', async () => {
    await api.create('lost');
    await api.call('POST', '/apps/lost/restart');
    const update = { state: 'paused', ready: 0, replicas: 1, back_to: null } as const;
    const failed = { state: 'failed', last_error: ERROR, update, progress: 'pull: 3 of 9 MB' } as const;
    report('lost', 'edge-1', { ...failed, containers: [CONTAINER] });
    await seen('lost', 'edge-1', { revision: 1, last_error: ERROR, update });
    // It fails at the next one, too, and its report of that is lost.
    const briefs = [briefOf('lost', { revision: 2, state: 'failed' })];
    const beat = heartbeatOf({ worker_id: 'edge-1', sequence: (sequence += 1), apps: briefs });
    api.broker.reports.publish(beat);
    // What ran there when it last said so is worth reading.
    const untold = { last_error: null, update: null, progress: null, containers: [CONTAINER] };
    const { updates } = await seen('lost', 'edge-1', { revision: 2, state: 'failed', ...untold });
    expect(updates).toMatchObject({ paused: 0 });
    expect(await api.call('GET', '/workers/edge-1')).toMatchObject({
      body: {
        apps: expect.arrayContaining([expect.objectContaining({ app_name: 'lost', last_error: null })]),
      },
    });
    report('lost', 'edge-1', { ...failed, revision: 2 });
    await seen('lost', 'edge-1', { revision: 2, last_error: ERROR, update });
  });

  it('compares the epoch first', async () => {
    const other = await ApiUnderTest.start();
    try {
      await other.create('restored');
      await other.store.raiseEpoch(5);
      for (const [worker_id, epoch, revision] of [
        ['a', 4, 7],
        ['b', 5, 1],
        ['c', 6, 1],
      ] as const) {
        other.broker.reports.publish(reportOf({ app_name: 'restored', worker_id, epoch, revision }));
      }
      await eventually(async () => {
        const { body } = await other.call('GET', '/apps/restored/status');
        const { epoch, workers } = body as Status;
        expect(epoch).toBe(5);
        expect(workers.map(({ position }) => position)).toEqual(['behind', 'current', 'ahead']);
      });
    } finally {
      await other.stop();
    }
  });

  it('knows no app that was never created', async () => {
    for (const name of ['never', '-', 'a%2Fb', 'constructor']) {
      expectProblem(await api.call('GET', `/apps/${name}/status`), PROBLEMS.appNotFound);
    }
  });

  it('goes on after a deletion until workers have removed everything', async () => {
    await api.create('removed');
    report('removed', 'edge-1', { containers: [CONTAINER] });
    report('removed', 'edge-2');
    await seen('removed', 'edge-2', { position: 'current' });
    await api.call('DELETE', '/apps/removed');
    expect(await status('removed')).toMatchObject({
      ...{ deleted: true, running: false, revision: 2 },
      summary: { ...NOBODY, converging: 2 },
    });
    report('removed', 'edge-1', { revision: 2, deleted: true, state: 'converging' });
    await seen('removed', 'edge-1', { position: 'current', state: 'converging' });
    report('removed', 'edge-1', { revision: 2, deleted: true, state: 'converged' });
    await eventually(async () =>
      expect((await status('removed')).workers.map(({ worker_id }) => worker_id)).toEqual(['edge-2']),
    );
    report('removed', 'edge-2', { revision: 2, deleted: true, state: 'converged' });
    await eventually(async () => expect((await status('removed')).workers).toEqual([]));
  });
});

describe('a report', () => {
  it('that is older than what was said is of no use', async () => {
    await api.create('older');
    report('older', 'elder', { boot_nonce: 'boot-1', sequence: 10, state: 'failed' });
    await seen('older', 'elder', { state: 'failed' });
    report('older', 'elder', { boot_nonce: 'boot-1', sequence: 10, state: 'converged' });
    report('older', 'elder', { boot_nonce: 'boot-1', sequence: 9, state: 'converged' });
    report('older', 'other');
    await seen('older', 'other', {});
    await seen('older', 'elder', { state: 'failed' });
    // After a start of the worker its numbers begin anew.
    report('older', 'elder', { boot_nonce: 'boot-2', sequence: 0, state: 'converged' });
    await seen('older', 'elder', { state: 'converged' });
  });

  it('that is none changes nothing, and is told of once', async () => {
    await api.create('nonsense');
    report('nonsense', 'edge-1');
    await seen('nonsense', 'edge-1', {});
    const before = await status('nonsense');
    const wrong: unknown[] = [
      null,
      {},
      { ...reportOf(), app_name: '../nonsense' },
      { ...reportOf(), app_name: 'nonsense', worker_id: 'edge-1', sequence: 1e6, state: 'splendid' },
    ];
    for (const each of wrong) api.broker.reports.publish(each as WorkerReport);
    report('nonsense', 'edge-2');
    const { workers } = await seen('nonsense', 'edge-2', {});
    expect(workers.slice(0, 1)).toEqual(before.workers);
    expect(api.problems.filter((line) => line.includes('a report of a worker is not valid'))).toHaveLength(1);
  });

  it('about an app that nobody knows is no app', async () => {
    report('unheard-of', 'edge-1');
    report('last', 'edge-1');
    await api.create('last');
    await seen('last', 'edge-1', {});
    expectProblem(await api.call('GET', '/apps/unheard-of/status'), PROBLEMS.appNotFound);
  });
});

describe('the workers of a status', () => {
  const IDS = ['w-0', 'w-1', 'w-2', 'w-3', 'w-4', 'ä/ 😀'];
  beforeAll(async () => {
    await api.create('paged');
    const states = ['converged', 'converging', 'failed'] as const;
    for (const [index, id] of IDS.entries()) report('paged', id, { state: states[index % 3] ?? 'failed' });
    for (const id of IDS) await seen('paged', id, {});
  });

  it.each([1, 2, 3, 5, 6, 7])('come in pages of %i, each with the sums over all', async (limit) => {
    const ids: string[] = [];
    let cursor: string | null = null;
    let pages = 0;
    do {
      const page: Status = await status(
        'paged',
        `?limit=${limit}${cursor === null ? '' : `&cursor=${cursor}`}`,
      );
      expect(page.summary).toEqual({ ...NOBODY, converged: 2, converging: 2, failed: 2 });
      expect(page.workers.length).toBeLessThanOrEqual(limit);
      ids.push(...page.workers.map(({ worker_id }) => worker_id));
      cursor = page.next_cursor;
      pages += 1;
    } while (cursor !== null);
    expect(ids).toEqual(IDS);
    expect(pages).toBe(Math.ceil(IDS.length / limit));
  });

  it.each(['limit=0', 'limit=1001', 'cursor=!', 'cursor=', 'prefix=w', 'limit=1&limit=2'])(
    "can't be asked for with ?%s",
    async (query) => {
      const answer = await api.call('GET', `/apps/paged/status?${query}`);
      expect(expectProblem(answer, PROBLEMS.invalidQuery).errors).toHaveLength(1);
    },
  );

  it('are counted beyond what is read at a time', async () => {
    await api.create('many');
    for (let number = 0; number < 450; number += 1) {
      report('many', `worker-${number}`, { state: number % 9 === 0 ? 'failed' : 'converged' });
    }
    await eventually(async () =>
      expect((await status('many', '?limit=1')).summary).toEqual({ ...NOBODY, converged: 400, failed: 50 }),
    );
  });
});
