import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AppOnWorker, AppPageQuery, AppView, FleetState, StoredReport } from '../fleet-records.js';
import type { FleetStore } from '../fleet-store.js';
import type { CreateDatabase, DatabaseUnderTest } from './database-under-test.js';
import { appOn, reportOf, workerOf } from './records.js';

const LISTENED = 10_000_000;
const VIEW: AppView = {
  app_name: 'shop',
  position: { epoch: 1, revision: 7 },
  deleted: false,
  silence: { now: 1_000, listened_ms: LISTENED },
};

const NOTHING_TOLD = {
  updates: { rolling: 0, done: 0, paused: 0, rolling_back: 0, rolled_back: 0 },
  images: [],
};

/** How every `FleetStore` tells how far the workers of an app are. An adapter calls it in a spec of its own. */
export function describeAppRollout(kind: string, create: CreateDatabase): void {
  describe(`the workers of an app on ${kind}`, () => {
    let database: DatabaseUnderTest;
    let fleet: FleetStore;
    const put = async (apps: Record<string, Partial<AppOnWorker>>, given: { last_seen_at?: number } = {}) => {
      const workers = Object.entries(apps).map(([id, app]) =>
        workerOf(id, { apps: [appOn('another'), appOn('shop', { revision: 7, ...app })], ...given }),
      );
      await fleet.saveWorkers(workers.map((after) => ({ before: null, after })));
    };
    const page = async (query: Partial<AppPageQuery> = {}, view: AppView = VIEW) => {
      const order = { by: 'worker_id' } as const;
      const { rows } = await fleet.appPage(view, { limit: 100, order, ...query });
      return rows.map(({ worker }) => worker.worker_id);
    };
    const stored = (given: Parameters<typeof reportOf>[0], boot = 1, received_at = 1): StoredReport => ({
      report: reportOf(given),
      ...{ boot, received_at },
    });

    beforeEach(async () => {
      database = await create();
      ({ fleet } = await database.open());
    });

    afterEach(async () => {
      await database.destroy();
    });

    /** One worker for each way in which an app can be. */
    async function mixedFleet(): Promise<void> {
      await put({
        b: { state: 'converged' },
        a: { state: 'failed', error_step: 'pull' },
        c: { state: 'converging', took_ms: null, converged_at: null },
        d: { state: 'converged', revision: 6 },
        e: { state: 'failed', revision: 8 },
        f: { state: 'converged', epoch: 2 },
      });
      await put({ g: { state: 'converged' }, h: { state: 'failed', revision: 6 } }, { last_seen_at: -1e6 });
      await fleet.saveWorkers([{ before: null, after: workerOf('none', { apps: [appOn('another')] }) }]);
    }

    it('are counted with all others, by app, position, state and silence', async () => {
      const silence = { now: 1_000, listened_ms: LISTENED };
      expect(await fleet.census(silence)).toEqual({ online: 0, offline: 0, places: [] });
      await put({ a: {}, b: {}, c: { state: 'failed' }, d: { deleted: true } });
      await put({ e: {} }, { last_seen_at: -1e6 });
      await fleet.saveWorkers([{ before: null, after: workerOf('none') }]);
      const { places, ...workers } = await fleet.census(silence);
      expect(workers).toEqual({ online: 5, offline: 1 });
      const text = (place: (typeof places)[number]) => {
        const { app_name, epoch, revision, state, deleted, offline, workers: count } = place;
        return [app_name, epoch, revision, state, deleted, offline, count].join(' ');
      };
      expect(places.map(text).sort()).toEqual([
        'another 1 1 converged false false 4',
        'another 1 1 converged false true 1',
        'shop 1 7 converged false false 2',
        'shop 1 7 converged false true 1',
        'shop 1 7 converged true false 1',
        'shop 1 7 failed false false 1',
      ]);
      // Nobody is offline for an api that has only begun to listen.
      expect(await fleet.census({ now: 1_000, listened_ms: 0 })).toMatchObject({ online: 6, offline: 0 });
    });

    it('are counted by state and by position', async () => {
      await mixedFleet();
      expect(await fleet.overview(VIEW)).toMatchObject({
        states: { converged: 1, converging: 4, failed: 1, offline: 2 },
        revisions: [
          { epoch: 2, revision: 7, workers: 1, converged: 1 },
          { epoch: 1, revision: 8, workers: 1, converged: 0 },
          { epoch: 1, revision: 7, workers: 4, converged: 1 },
          { epoch: 1, revision: 6, workers: 2, converged: 1 },
        ],
      });
      const unheard = { ...VIEW, silence: { now: 1_000, listened_ms: 179_999 } };
      expect((await fleet.overview(unheard)).states).toEqual({
        ...{ converged: 2, converging: 5, failed: 1, offline: 0 },
      });
      expect(await fleet.overview({ ...VIEW, app_name: 'nobody' })).toEqual({
        states: { converged: 0, converging: 0, failed: 0, offline: 0 },
        revisions: [],
        ...NOTHING_TOLD,
        convergence: null,
      });
    });

    it('are counted by how the newest change is there, and by the images that they have', async () => {
      await put({
        a: { update: 'paused', image_ids: ['sha256:1', 'sha256:2'] },
        b: { update: 'done', image_ids: ['sha256:1'] },
        c: { update: 'rolled_back', image_ids: ['sha256:1'] },
        // Of another change than the newest, which says nothing of that.
        d: { update: 'paused', image_ids: ['sha256:3'], revision: 6 },
        e: {},
      });
      const { updates, images } = await fleet.overview(VIEW);
      expect(updates).toEqual({ rolling: 0, done: 1, paused: 1, rolling_back: 0, rolled_back: 1 });
      expect(images).toEqual([
        { image_id: 'sha256:1', workers: 3 },
        { image_id: 'sha256:2', workers: 1 },
        { image_id: 'sha256:3', workers: 1 },
      ]);
    });

    it('come by worker id, page by page, of one state or of all', async () => {
      await mixedFleet();
      const states: Record<FleetState, string[]> = {
        ...{ converged: ['b'], converging: ['c', 'd', 'e', 'f'], failed: ['a'], offline: ['g', 'h'] },
      };
      for (const [state, ids] of Object.entries(states)) {
        expect(await page({ state: state as FleetState })).toEqual(ids);
      }
      expect(await page()).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
      const after = (id: string) => ({ order: { by: 'worker_id', after: id }, limit: 2 }) as const;
      expect(await page({ limit: 3 })).toEqual(['a', 'b', 'c']);
      expect(await page(after('c'))).toEqual(['d', 'e']);
      expect(await page({ ...after('c'), state: 'converging' })).toEqual(['d', 'e']);
      expect(await page({ ...after('e'), state: 'converging' })).toEqual(['f']);
    });

    it('come without those that have converged on certain positions', async () => {
      await mixedFleet();
      await put({ i: { deleted: true, revision: 6 } });
      const sixth = { epoch: 1, revision: 6 };
      const another = { epoch: 2, revision: 7 };
      expect(await page({ except: [] })).toHaveLength(9);
      // One that has failed there is no such.
      expect(await page({ except: [sixth] })).toEqual(['a', 'b', 'c', 'e', 'f', 'g', 'h']);
      expect(await page({ except: [another, sixth], state: 'converging' })).toEqual(['c', 'e']);
      expect(await page({ except: [sixth, VIEW.position], limit: 2 })).toEqual(['a', 'c']);
      expect(await page({ except: [{ epoch: 1, revision: 70 }], order: { by: 'slowest' } })).toEqual(
        await page({ order: { by: 'slowest' } }),
      );
      expect(await page({ except: [VIEW.position], order: { by: 'slowest' } })).toEqual(['a']);
    });

    it('come with the worker, the app in short, and the newest report', async () => {
      const last_error = { step: 'pull', message: 'no such "image" – ü', at: '2026-01-01T00:00:00.000Z' };
      const report = stored(
        { worker_id: 'a', last_error: { ...last_error, retry_at: null }, state: 'failed', sequence: 4 },
        3,
        1_700_000_000_000,
      );
      await put({ a: { state: 'failed', error_step: 'pull' }, b: { revision: 0, epoch: 0 } });
      await fleet.saveReports([report, stored({ worker_id: 'b', app_name: 'another' })]);
      const { apps: _a, ...a } = workerOf('a');
      const { apps: _b, ...b } = workerOf('b');
      const { rows } = await fleet.appPage(VIEW, { limit: 9, order: { by: 'worker_id' } });
      expect(rows).toEqual([
        {
          worker: a,
          app: appOn('shop', { revision: 7, state: 'failed', error_step: 'pull' }),
          state: 'failed',
          report,
        },
        {
          worker: b,
          app: appOn('shop', { revision: 0, epoch: 0 }),
          state: 'converging',
          report: null,
        },
      ]);
    });

    it('tell how long they took, by nearest rank', async () => {
      const times = async () => (await fleet.overview(VIEW)).convergence;
      await put({
        old: { revision: 6, took_ms: 9_999 },
        untimed: { took_ms: null },
        elsewhere: { epoch: 2, took_ms: 9_998 },
      });
      expect(await times()).toBeNull();
      await put({ w1: { took_ms: 100 } });
      expect(await times()).toEqual({ p50_ms: 100, p99_ms: 100 });
      await put({ w2: { took_ms: 300 }, w3: { took_ms: 200, state: 'failed' } });
      expect(await times()).toEqual({ p50_ms: 200, p99_ms: 300 });
      const more = Array.from({ length: 197 }, (_, n) => [`x${n}`, { took_ms: 1_000 + n }]);
      await put(Object.fromEntries(more) as Record<string, Partial<AppOnWorker>>);
      expect(await times()).toEqual({ p50_ms: 1_096, p99_ms: 1_194 });
    });

    it('come by the time they took, the slowest first', async () => {
      await put({
        a: { took_ms: 20 },
        b: { took_ms: 100 },
        c: { took_ms: 9 },
        d: { took_ms: 20 },
        e: { took_ms: 20, state: 'failed' },
        f: { took_ms: null },
        g: { took_ms: 1_000, revision: 6 },
      });
      const slowest = async (after?: [number, string], given: Partial<AppPageQuery> = {}) => {
        const [took_ms = 0, worker_id = ''] = after ?? [];
        const order = { by: 'slowest', ...(after ? { after: { took_ms, worker_id } } : {}) } as const;
        return await page({ order, ...given });
      };
      expect(await slowest()).toEqual(['b', 'a', 'd', 'e', 'c']);
      expect(await slowest(undefined, { limit: 2 })).toEqual(['b', 'a']);
      expect(await slowest([20, 'a'], { limit: 2 })).toEqual(['d', 'e']);
      expect(await slowest([20, 'e'])).toEqual(['c']);
      expect(await slowest(undefined, { state: 'converged' })).toEqual(['b', 'a', 'd', 'c']);
    });

    it('do not count any more when the app is deleted and nothing is left there', async () => {
      await put({
        gone: { deleted: true },
        'gone long ago': { deleted: true, revision: 5 },
        removing: { deleted: true, state: 'converging', took_ms: null },
        running: { revision: 6 },
      });
      const deleted = { ...VIEW, deleted: true };
      expect(await fleet.overview(deleted)).toEqual({
        states: { converged: 0, converging: 2, failed: 0, offline: 0 },
        revisions: [
          { epoch: 1, revision: 7, workers: 1, converged: 0 },
          { epoch: 1, revision: 6, workers: 1, converged: 1 },
        ],
        ...NOTHING_TOLD,
        convergence: null,
      });
      expect(await page({}, deleted)).toEqual(['removing', 'running']);
      expect(await page({ order: { by: 'slowest' } }, deleted)).toEqual([]);
      // The app is there again: all of them are on their way.
      const again = { ...VIEW, position: { epoch: 1, revision: 8 } };
      expect((await fleet.overview(again)).states).toMatchObject({ converging: 4 });
      expect(await page({ state: 'converging' }, again)).toHaveLength(4);
    });

    it('of two reports the newer one is kept, in whatever order they come', async () => {
      const other = (await database.open()).fleet;
      const newest = async () => (await fleet.reportsOf('worker-1'))[0];
      await fleet.saveReports([stored({ sequence: 9 })]);
      await other.saveReports([stored({ sequence: 9, revision: 2 })]);
      await fleet.saveReports([stored({ sequence: 8 })]);
      expect(await newest()).toEqual(stored({ sequence: 9 }));
      // As numbers, not as text.
      await other.saveReports([stored({ sequence: 10 }), stored({ app_name: 'zoo' })]);
      expect(await newest()).toEqual(stored({ sequence: 10 }));
      await fleet.saveReports([stored({ sequence: 1, boot_nonce: 'later' }, 2, 0)]);
      await other.saveReports([stored({ sequence: 900 })]);
      expect(await fleet.reportsOf('worker-1')).toEqual([
        stored({ sequence: 1, boot_nonce: 'later' }, 2, 0),
        stored({ app_name: 'zoo' }),
      ]);
    });

    it('what workers said about apps that they run no more is forgotten, and nothing newer', async () => {
      const names = async (id: string) => (await fleet.reportsOf(id)).map(({ report }) => report.app_name);
      const [boot] = workerOf('any').boots;
      if (!boot) throw new Error('there is no boot');
      const at = (worker_id: string, ...apps: string[]) =>
        workerOf(worker_id, {
          apps: apps.map((name) => appOn(name)),
          boots: [{ ...boot, number: 4, sequence: 9, heartbeat: 7 }],
        });
      await fleet.saveReports([
        stored({ app_name: 'a.b' }, 3),
        stored({ app_name: 'listed', sequence: 6 }, 4),
        stored({ app_name: 'older boot', sequence: 900 }, 3),
        stored({ app_name: 'before', sequence: 6 }, 4),
        stored({ app_name: 'behind', sequence: 8 }, 4),
        stored({ app_name: 'newer boot', sequence: 1 }, 5),
        stored({ worker_id: 'second', app_name: 'a.b' }, 3),
        stored({ worker_id: 'second', app_name: 'listed' }, 3),
        stored({ worker_id: 'other', app_name: 'before' }, 3),
      ]);
      await fleet.removeUnlistedReports([]);
      await fleet.removeUnlistedReports([at('nobody'), workerOf('other', { boots: [] })]);
      expect(await names('worker-1')).toHaveLength(6);
      await fleet.removeUnlistedReports([at('worker-1', 'a.b', 'listed'), at('second', 'a.b')]);
      expect(await names('worker-1')).toEqual(['a.b', 'behind', 'listed', 'newer boot']);
      expect(await names('second')).toEqual(['a.b']);
      expect(await names('other')).toEqual(['before']);
      await fleet.saveReports([stored({ app_name: 'before', sequence: 10 }, 4)]);
      expect(await names('worker-1')).toContain('before');
      await fleet.saveReports([]);
    });

    it('are told of for 1,000 in one call', async () => {
      const ids = Array.from({ length: 1_000 }, (_, n) => `w${String(n).padStart(4, '0')}`);
      await put(Object.fromEntries(ids.map((id, n) => [id, { took_ms: n }])));
      await fleet.saveReports(ids.map((worker_id) => stored({ worker_id })));
      expect(await fleet.workers(ids)).toHaveLength(1_000);
      expect((await fleet.overview(VIEW)).states).toMatchObject({ converged: 1_000 });
      const { rows } = await fleet.appPage(VIEW, { limit: 1_000, order: { by: 'slowest' } });
      expect(rows.map(({ worker }) => worker.worker_id)).toEqual([...ids].reverse());
      expect(rows.every(({ report, worker }) => report?.report.worker_id === worker.worker_id)).toBe(true);
    }, 60_000);
  });
}
