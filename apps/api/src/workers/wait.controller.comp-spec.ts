import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { appOn, reportOf, workerOf } from '../store/testing/records.js';
import { eventually } from '../testing/eventually.js';
import { FleetApi } from './testing/fleet-api.js';
import type { WaitAnswer } from './wait.service.js';

let api: FleetApi;

beforeEach(async () => {
  api = await FleetApi.start();
  await api.createApp('shop');
});

afterEach(async () => {
  await api.stop();
});

async function wait(query: string): Promise<WaitAnswer> {
  return await api.get<WaitAnswer>(`/apps/shop/wait?${query}`);
}

/** A worker that was heard of just now. */
function worker(id: string, app: Parameters<typeof appOn>[1] = {}) {
  return workerOf(id, { last_seen_at: Date.now(), apps: [appOn('shop', app)] });
}

/** How often the store is asked about an app from now on. */
function countLooks(appName = 'shop'): () => number {
  const { fleet } = api;
  const overview = fleet.overview.bind(fleet);
  let looks = 0;
  fleet.overview = async (view) => {
    if (view.app_name === appName) looks += 1;
    return await overview(view);
  };
  return () => looks;
}

async function change(): Promise<void> {
  const { body } = await api.call('POST', '/apps/shop/restart');
  expect(body).toMatchObject({ app_name: 'shop' });
}

const ERROR = { step: 'pull', message: 'no such image', at: '2026-01-01T00:00:00.000Z', retry_at: null };

describe('waiting for the workers of an app', () => {
  it("ends at once when all that aren't offline are there", async () => {
    await api.keep(worker('a'), worker('b'), { ...worker('c', { revision: 0 }), last_seen_at: 0 });
    const started = performance.now();
    const asked = Date.now();
    const answer = await wait('timeout=60');
    expect(answer).toEqual({
      ...{ app_name: 'shop', epoch: 1, revision: 1, outcome: 'converged', as_of: answer.as_of },
      ...{ desired_revision: 1, deleted: false },
      ...{ converged: 2, pending: 0, offline: 1, waiting_for: [] },
    });
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(Date.parse(answer.as_of)).toBeGreaterThanOrEqual(asked);
  });

  it('ends when the last one says that it has converged', async () => {
    await api.keep(worker('a'));
    api.broker.reports.publish(reportOf({ worker_id: 'b', state: 'converging' }));
    for (;;) if ((await wait('timeout=0')).pending === 1) break;
    const looks = countLooks();
    const waiting = wait('timeout=60');
    await eventually(() => expect(looks()).toBeGreaterThan(0));
    api.broker.reports.publish(reportOf({ worker_id: 'b', sequence: 2 }));
    expect(await waiting).toMatchObject({ outcome: 'converged', converged: 2 });
  });

  it('sees what another instance has written', async () => {
    const before = worker('a', { state: 'converging', converged_at: null, took_ms: null });
    await api.keep(before);
    const looks = countLooks();
    const waiting = wait('timeout=60');
    await eventually(() => expect(looks()).toBeGreaterThan(0));
    const after = { ...before, apps: [appOn('shop')], version: 2 };
    expect(await api.fleet.saveWorkers([{ before, after }])).toEqual([true]);
    expect(await waiting).toMatchObject({ outcome: 'converged' });
  });

  it('ends at the timeout with who is missing and why, the failed ones first', async () => {
    api.broker.reports.publish(reportOf({ worker_id: 'z', state: 'failed', last_error: ERROR }));
    const late = Array.from({ length: 25 }, (_, n) =>
      worker(`w${n + 10}`, { revision: 0, state: 'converging' }),
    );
    await api.keep(worker('a'), ...late);
    const answer = await wait('timeout=2');
    expect(answer).toMatchObject({ outcome: 'timeout', converged: 1, pending: 26, offline: 0 });
    expect(answer.waiting_for).toHaveLength(20);
    expect(answer.waiting_for[0]).toMatchObject({
      ...{ worker_id: 'z', hostname: 'edge', state: 'failed', revision: 1, last_error: ERROR },
    });
    expect(answer.waiting_for[1]).toMatchObject({ worker_id: 'w10', state: 'converging', last_error: null });
  });

  it('is content with a newer revision, and with none that is older', async () => {
    await change();
    await change();
    await api.keep(
      worker('old', { revision: 1 }),
      worker('at', { revision: 2 }),
      worker('new', { revision: 3 }),
    );
    const answer = await wait('revision=2&timeout=0');
    expect(answer).toMatchObject({ outcome: 'timeout', converged: 2, pending: 1, revision: 2 });
    expect(answer.waiting_for.map(({ worker_id }) => worker_id)).toEqual(['old']);
    expect(await wait('timeout=0')).toMatchObject({ revision: 3, converged: 1, pending: 2 });
    expect(await wait('revision=1&timeout=0')).toMatchObject({
      ...{ revision: 1, desired_revision: 3, deleted: false, outcome: 'converged', converged: 3 },
    });
  });

  it('names who is missing of an older revision, however many that have it come before by id', async () => {
    await change();
    await change();
    const there = Array.from({ length: 1_100 }, (_, n) =>
      worker(`w${String(n).padStart(4, '0')}`, { revision: 2 }),
    );
    await api.keep(...there.slice(0, 600));
    await api.keep(...there.slice(600), worker('z', { revision: 1 }));
    const answer = await wait('revision=2&timeout=0');
    expect(answer).toMatchObject({ outcome: 'timeout', converged: 1_100, pending: 1 });
    expect(answer.waiting_for).toMatchObject([{ worker_id: 'z', revision: 1 }]);
  });

  it('names as many as ever where their reports are large, and the other state behind it', async () => {
    const large = { notices: ['x'.repeat(1_500_000)] };
    const failed = ['f1', 'f2', 'f3', 'f4', 'f5'];
    const late = ['c1', 'c2', 'c3'];
    await api.keep(
      ...failed.map((id) => worker(id, { state: 'failed', error_step: 'pull' })),
      ...late.map((id) => worker(id, { state: 'converging' })),
    );
    const reports = [...failed, ...late].map((worker_id) => reportOf({ worker_id, ...large }));
    await api.fleet.saveReports(reports.map((report) => ({ report, boot: 1, received_at: Date.now() })));
    const answer = await wait('timeout=0');
    expect(answer).toMatchObject({ outcome: 'timeout', pending: 8 });
    expect(answer.waiting_for.map(({ worker_id }) => worker_id)).toEqual([...failed, ...late]);
  });

  it('is not content with a state that the database has lost, however new', async () => {
    await change();
    await api.keep(worker('at', { revision: 2 }), worker('lost', { revision: 4 }));
    const answer = await wait('timeout=0');
    expect(answer).toMatchObject({ outcome: 'timeout', revision: 2, converged: 1, pending: 1 });
    expect(answer.waiting_for).toMatchObject([{ worker_id: 'lost', revision: 4, state: 'converging' }]);
    const older = await wait('revision=1&timeout=0');
    expect(older).toMatchObject({ outcome: 'timeout', converged: 1, pending: 1 });
    expect(older.waiting_for.map(({ worker_id }) => worker_id)).toEqual(['lost']);
  });

  it('takes nobody for another who comes back while it looks', async () => {
    await change();
    await change();
    const away = { ...worker('away', { revision: 2 }), last_seen_at: 0 };
    await api.keep(worker('late', { revision: 1, state: 'converging' }), away);
    const overview = api.fleet.overview.bind(api.fleet);
    const seen = jest.spyOn(api.fleet, 'overview').mockImplementationOnce(async (view) => {
      const counted = await overview(view);
      const after = { ...away, last_seen_at: Date.now(), version: 2 };
      expect(await api.fleet.saveWorkers([{ before: away, after }])).toEqual([true]);
      return counted;
    });
    expect(await wait('revision=2&timeout=0')).toMatchObject({
      outcome: 'timeout',
      converged: 0,
      pending: 1,
    });
    expect(seen).toHaveBeenCalled();
    expect(await wait('revision=2&timeout=0')).toMatchObject({
      outcome: 'timeout',
      converged: 1,
      pending: 1,
    });
  });

  it.each(['overview', 'appPage'] as const)(
    'takes nobody for lost who converges on a change that is made just before its %s is read',
    async (reading) => {
      const before = worker('fast', { state: 'converging', converged_at: null, took_ms: null });
      await api.keep(before);
      const read = async () => {
        await change();
        const after = { ...before, apps: [appOn('shop', { revision: 2 })], version: 2 };
        expect(await api.fleet.saveWorkers([{ before, after }])).toEqual([true]);
      };
      const { fleet } = api;
      const overview = fleet.overview.bind(fleet);
      const appPage = fleet.appPage.bind(fleet);
      const seen =
        reading === 'overview'
          ? jest.spyOn(fleet, 'overview').mockImplementationOnce(async (view) => {
              await read();
              return await overview(view);
            })
          : jest.spyOn(fleet, 'appPage').mockImplementationOnce(async (view, query) => {
              await read();
              return await appPage(view, query);
            });
      expect(await wait('timeout=0')).toMatchObject({
        ...{ revision: 1, outcome: 'converged', converged: 1, pending: 0, waiting_for: [] },
      });
      expect(seen).toHaveBeenCalled();
    },
  );

  it.each([
    ['failed', 'converging'],
    ['converging', 'failed'],
  ] as const)('names a worker once that was %s and is %s while it looks', async (first, then) => {
    const before = worker('moving', { state: first });
    await api.keep(before, worker('z', { state: 'converging' }));
    const appPage = api.fleet.appPage.bind(api.fleet);
    const seen = jest.spyOn(api.fleet, 'appPage').mockImplementationOnce(async (view, query) => {
      const page = await appPage(view, query);
      const after = { ...before, apps: [appOn('shop', { state: then })], version: 2 };
      expect(await api.fleet.saveWorkers([{ before, after }])).toEqual([true]);
      // What takes so long is answered again for a while, but not to a look that is to tell what came between.
      const slow = performance.now() + 150;
      await eventually(() => expect(performance.now()).toBeGreaterThan(slow));
      return page;
    });
    const { pending, waiting_for } = await wait('timeout=0');
    expect(pending).toBe(2);
    expect(waiting_for.map(({ worker_id }) => worker_id)).toEqual(['moving', 'z']);
    expect(seen).toHaveBeenCalled();
  });

  it('does not pretend that nobody is everybody', async () => {
    expect(await wait('timeout=0')).toMatchObject({ outcome: 'no_workers', converged: 0, pending: 0 });
    await api.keep({ ...worker('a'), last_seen_at: 0 });
    expect(await wait('timeout=1')).toMatchObject({ outcome: 'no_workers', offline: 1 });
  });

  it('of a deleted app ends when nothing is left of it', async () => {
    await api.keep(worker('a'), worker('b'));
    await api.call('DELETE', '/apps/shop');
    expect(await wait('timeout=0')).toMatchObject({ revision: 2, outcome: 'timeout', pending: 2 });
    for (const worker_id of ['a', 'b'])
      api.broker.reports.publish(reportOf({ worker_id, boot_nonce: 'new', revision: 2, deleted: true }));
    expect(await wait('timeout=60')).toMatchObject({
      ...{ outcome: 'converged', converged: 2, desired_revision: 2, deleted: true },
    });
    // Who waits for what came before is told that it is gone.
    expect(await wait('revision=1&timeout=60')).toMatchObject({
      ...{ revision: 1, desired_revision: 2, deleted: true },
    });
  });

  it("of a deleted app that no worker has is nobody's success, and ends at once", async () => {
    await api.call('DELETE', '/apps/shop');
    const started = performance.now();
    const nobody = { revision: 2, outcome: 'no_workers', converged: 0, pending: 0 };
    expect(await wait('timeout=60')).toMatchObject({ ...nobody, offline: 0 });
    expect(performance.now() - started).toBeLessThan(10_000);
    // One that is away may come back with it.
    await api.keep({ ...worker('a'), last_seen_at: 0 });
    expect(await wait('timeout=1')).toMatchObject({ ...nobody, offline: 1 });
  });

  it.each([
    ['timeout=-1', ['timeout']],
    ['timeout=601', ['timeout']],
    ['revision=0&timeout=1.5', ['revision', 'timeout']],
    ['revision=2', ['revision']],
    ['revision=', ['revision']],
    ['until=now', ['until']],
  ])('is refused for %s', async (query, parameters) => {
    const { status, body } = await api.call('GET', `/apps/shop/wait?${query}`);
    expect(status).toBe(422);
    expect(body).toMatchObject({ errors: parameters.map((parameter) => ({ parameter })) });
  });

  it('is for apps that there are', async () => {
    expect(await api.call('GET', '/apps/nothing/wait')).toMatchObject({ status: 404 });
    expect(await api.call('GET', '/apps/a%20b/wait')).toMatchObject({ status: 404 });
  });

  it('holds up the end of the api for nothing', async () => {
    const looks = countLooks();
    const waiting = api.call('GET', '/apps/shop/wait?timeout=600');
    await eventually(() => expect(looks()).toBeGreaterThan(0));
    await api.createApp('web');
    const looksAtWeb = countLooks('web');
    const leaving = new AbortController();
    const abandoned = api.call('GET', '/apps/web/wait?timeout=600', undefined, leaving.signal);
    await eventually(() => expect(looksAtWeb()).toBeGreaterThan(0));
    leaving.abort();
    await expect(abandoned).rejects.toThrow();
    await api.stop();
    // Cut off at the end of the time for that, it would have got no answer.
    expect(await waiting).toMatchObject({ status: 503, body: { type: 'urn:nebula:problem:shutting-down' } });
  });
});
