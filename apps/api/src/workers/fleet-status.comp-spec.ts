import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { appOn, reportOf, workerOf } from '../store/testing/records.js';
import { eventually } from '../testing/eventually.js';
import { FleetApi } from './testing/fleet-api.js';
import { briefOf, heartbeatOf } from './testing/messages.js';
import type { AppStatus } from './status.service.js';

type Status = Omit<AppStatus, 'next_after'> & { next_cursor: string | null };

const NOW = Date.now();

let api: FleetApi;

beforeAll(async () => {
  api = await FleetApi.start();
});

afterAll(async () => {
  await api.stop();
});

async function status(app: string, query = ''): Promise<Status> {
  return await api.get<Status>(`/apps/${app}/status?${query}`);
}

function ids({ workers }: Status): string[] {
  return workers.map(({ worker_id }) => worker_id);
}

describe('the status of an app on a fleet', () => {
  it('counts workers by state and by revision, and tells how long they took', async () => {
    await api.createApp('shop');
    const seen = { last_seen_at: NOW };
    await api.keep(
      workerOf('a', { ...seen, apps: [appOn('shop', { took_ms: 1_500 })] }),
      workerOf('b', { ...seen, apps: [appOn('shop', { took_ms: 9_000 })] }),
      workerOf('c', { ...seen, apps: [appOn('shop', { took_ms: 2_000 })] }),
      workerOf('d', {
        ...seen,
        apps: [appOn('shop', { state: 'failed', error_step: 'pull', took_ms: null })],
      }),
      workerOf('e', { ...seen, apps: [appOn('shop', { epoch: 0, revision: 0, state: 'converging' })] }),
      workerOf('f', { last_seen_at: NOW - 1_000_000, apps: [appOn('shop', { revision: 9, took_ms: null })] }),
      workerOf('g', { ...seen, apps: [appOn('other')] }),
    );
    const asked = Date.now();
    const found = await status('shop');
    expect(Date.parse(found.as_of)).toBeGreaterThanOrEqual(asked);
    const app = await api.get<{ updated_at: string }>('/apps/shop');
    expect(found).toMatchObject({
      ...{ app_name: 'shop', epoch: 1, revision: 1, since: app.updated_at, deleted: false, running: true },
      summary: { converged: 3, converging: 1, failed: 1, offline: 1 },
      revisions: [
        { epoch: 1, revision: 9, workers: 1 },
        { epoch: 1, revision: 1, workers: 4 },
        { epoch: 0, revision: 0, workers: 1 },
      ],
      convergence: { p50_seconds: 2, p99_seconds: 9 },
      next_cursor: null,
    });
    expect(found.workers.map(({ worker_id, state, position }) => [worker_id, state, position])).toEqual([
      ['a', 'converged', 'current'],
      ['b', 'converged', 'current'],
      ['c', 'converged', 'current'],
      ['d', 'failed', 'current'],
      ['e', 'converging', 'behind'],
      ['f', 'offline', 'ahead'],
    ]);
    expect(found.workers[1]).toMatchObject({
      ...{ seconds_to_converge: 9, converged_at: '1970-01-01T00:00:01.000Z' },
      ...{ last_seen_at: new Date(NOW).toISOString(), reported_at: null, containers: [] },
    });
  });

  it('ends a page of large reports early, and goes on behind it', async () => {
    await api.createApp('large');
    const all = ['l1', 'l2', 'l3', 'l4', 'l5', 'l6'];
    await api.keep(...all.map((id) => workerOf(id, { last_seen_at: NOW, apps: [appOn('large')] })));
    const notices = ['x'.repeat(1_000_000)];
    const reports = all.map((worker_id) => reportOf({ worker_id, app_name: 'large', notices }));
    await api.fleet.saveReports(reports.map((report) => ({ report, boot: 1, received_at: NOW })));
    for (const sort of ['worker_id', 'slowest']) {
      const found: string[] = [];
      let cursor: string | null = null;
      do {
        const next: string = cursor === null ? '' : `&cursor=${cursor}`;
        const page: Status = await status('large', `limit=1000&sort=${sort}${next}`);
        expect(page.workers.every((worker) => worker.notices[0]?.length === 1_000_000)).toBe(true);
        expect(page.workers.length).toBeLessThan(all.length);
        found.push(...ids(page));
        cursor = page.next_cursor;
      } while (cursor !== null);
      expect(found).toEqual(all);
    }
  });

  it('has the workers of one state, and the slowest, page by page', async () => {
    expect(ids(await status('shop', 'state=failed'))).toEqual(['d']);
    expect(ids(await status('shop', 'state=offline'))).toEqual(['f']);
    expect(ids(await status('shop', 'state=converging'))).toEqual(['e']);
    const slowest = await status('shop', 'sort=slowest&limit=2');
    expect(ids(slowest)).toEqual(['b', 'c']);
    expect(slowest.summary).toMatchObject({ converged: 3 });
    const rest = await status('shop', `sort=slowest&limit=2&cursor=${slowest.next_cursor}`);
    expect(ids(rest)).toEqual(['a']);
    expect(rest.next_cursor).toBeNull();
    const second = await status('shop', `limit=2&cursor=${(await status('shop', 'limit=2')).next_cursor}`);
    expect(ids(second)).toEqual(['c', 'd']);
  });

  it.each(['overview', 'appPage'] as const)(
    'calls nobody ahead who converges on a change that is made just before its %s is read',
    async (reading) => {
      const name = `quick-${reading.toLowerCase()}`;
      await api.createApp(name);
      const before = workerOf(`w-${name}`, { last_seen_at: NOW, apps: [appOn(name)] });
      await api.keep(before);
      const { fleet } = api;
      const overview = fleet.overview.bind(fleet);
      const appPage = fleet.appPage.bind(fleet);
      const move = async () => {
        await api.call('POST', `/apps/${name}/restart`);
        const after = { ...before, apps: [appOn(name, { revision: 2 })], version: 2 };
        expect(await fleet.saveWorkers([{ before, after }])).toEqual([true]);
      };
      const seen =
        reading === 'overview'
          ? jest.spyOn(fleet, 'overview').mockImplementationOnce(async (view) => {
              await move();
              return await overview(view);
            })
          : jest.spyOn(fleet, 'appPage').mockImplementationOnce(async (view, query) => {
              await move();
              return await appPage(view, query);
            });
      expect(await status(name)).toMatchObject({
        ...{ revision: 2, summary: { converged: 1, converging: 0 } },
        workers: [{ position: 'current', state: 'converged' }],
      });
      expect(seen).toHaveBeenCalled();
    },
  );

  it.each([
    ['state=fine', ['state']],
    ['sort=quickest', ['sort']],
    // A cursor is of one order.
    [`sort=slowest&cursor=${Buffer.from('a').toString('base64url')}`, ['cursor']],
    ['sort=&state=&limit=x', ['limit', 'state', 'sort']],
  ])('is not given for %s', async (query, parameters) => {
    const { status: code, body } = await api.call('GET', `/apps/shop/status?${query}`);
    expect(code).toBe(422);
    expect(body).toMatchObject({ errors: parameters.map((parameter) => ({ parameter })) });
  });

  it('measures the time from the change to the first word that a worker has converged', async () => {
    await api.createApp('timed');
    api.broker.reports.publish(reportOf({ worker_id: 't', app_name: 'timed', state: 'converging' }));
    await eventually(async () => expect((await status('timed')).summary).toMatchObject({ converging: 1 }));
    expect((await status('timed')).convergence).toBeNull();
    api.broker.reports.publish(reportOf({ worker_id: 't', app_name: 'timed', sequence: 2 }));
    const { workers, since, convergence } = await eventually(async () => {
      const found = await status('timed');
      expect(found.summary).toMatchObject({ converged: 1 });
      return found;
    });
    const [worker] = workers;
    const seconds = (Date.parse(worker?.converged_at ?? '') - Date.parse(since)) / 1_000;
    expect(seconds).toBeGreaterThan(0);
    expect(worker?.seconds_to_converge).toBe(seconds);
    expect(convergence).toEqual({ p50_seconds: seconds, p99_seconds: seconds });
  });

  it('counts workers that run the app before they have heard of it, and none that run it no more', async () => {
    await api.createApp('listed');
    const unknown = { epoch: 0, revision: 0, state: 'converging' } as const;
    api.broker.reports.publish(heartbeatOf({ worker_id: 'l', apps: [briefOf('listed', unknown)] }));
    await eventually(async () => expect((await status('listed')).summary).toMatchObject({ converging: 1 }));
    api.broker.reports.publish(heartbeatOf({ worker_id: 'l', sequence: 2, apps: [] }));
    await eventually(async () => expect((await status('listed')).workers).toEqual([]));
  });

  it('of a deleted app has the workers that still have to remove it', async () => {
    await api.createApp('going');
    for (const worker_id of ['l1', 'l2'])
      api.broker.reports.publish(reportOf({ worker_id, app_name: 'going' }));
    await eventually(async () => expect((await status('going')).summary).toMatchObject({ converged: 2 }));
    await api.call('DELETE', '/apps/going');
    expect((await status('going')).summary).toMatchObject({ converging: 2 });
    const tombstone = { app_name: 'going', revision: 2, deleted: true };
    api.broker.reports.publish(reportOf({ ...tombstone, worker_id: 'l1', sequence: 2 }));
    const left = await eventually(async () => {
      const found = await status('going');
      expect(ids(found)).toEqual(['l2']);
      return found;
    });
    expect(left).toMatchObject({ deleted: true, summary: { converged: 0, converging: 1 } });
    // When the name is used again, both have to get there.
    await api.createApp('going');
    expect((await status('going')).summary).toMatchObject({ converging: 2 });
  });
});
