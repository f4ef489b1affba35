import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { WorkerPageQuery, WorkerRecord } from '../fleet-records.js';
import type { FleetStore } from '../fleet-store.js';
import type { CreateDatabase, DatabaseUnderTest } from './database-under-test.js';
import { appOn, FACTS, reportOf, workerOf } from './records.js';

/** What every `FleetStore` does with the records of workers. An adapter calls it in a spec of its own. */
export function describeWorkerRecords(kind: string, create: CreateDatabase): void {
  describe(`workers on ${kind}`, () => {
    let database: DatabaseUnderTest;
    let fleet: FleetStore;
    const another = async () => (await database.open()).fleet;
    const put = async (...workers: WorkerRecord[]) => {
      const written = await fleet.saveWorkers(workers.map((after) => ({ before: null, after })));
      expect(written).toEqual(workers.map(() => true));
    };
    const read = async (id: string, store = fleet) => (await store.workers([id]))[0] ?? null;
    const page = async (query: Partial<WorkerPageQuery> = {}) => {
      const silence = { now: 1_000, listened_ms: 1_000_000 };
      return (await fleet.workerPage({ silence, limit: 100, ...query })).map(({ worker_id }) => worker_id);
    };

    beforeEach(async () => {
      database = await create();
      ({ fleet } = await database.open());
    });

    afterEach(async () => {
      await database.destroy();
    });

    it('it knows the names of all apps that workers list', async () => {
      expect(await fleet.appNames()).toEqual([]);
      await put(
        workerOf('w1', { apps: [appOn('a.b'), appOn('shop')] }),
        workerOf('w2', { apps: [appOn('shop')] }),
      );
      await put(workerOf('w3'), workerOf('w4', { apps: [appOn('$z')] }));
      expect((await fleet.appNames()).sort()).toEqual(['$z', 'a.b', 'shop']);
    });

    it('a record is read as it was written, by another connection too', async () => {
      const labels = { rack: '7', 'example.org/zone': 'Süd "1"', $empty: '', 'a.b': 'c.d=e' };
      const boot = { nonce: 'ö', number: 9, sequence: 2 ** 53 - 1, lowest: 4, heartbeat: -1, returns: 2 };
      const worker = workerOf('ID:AB:ü.$1', {
        facts: { ...FACTS, labels, cores: 0.5 },
        apps: [
          appOn('A', {
            took_ms: null,
            converged_at: null,
            state: 'failed',
            error_step: 'pull',
            update: 'paused',
          }),
          appOn('a.b-c', {
            deleted: true,
            image_ids: ['sha256:1', 'sha256:2'],
            previous: { epoch: 3, revision: 2, converged_at: 1_700_000_000_000, took_ms: null },
          }),
        ],
        boots: [{ ...boot, first_seen_at: 5, seen_at: 6 }, ...workerOf('x').boots],
        duplicate: { since: 1_700_000_000_000, seen_at: 1_700_000_000_001 },
        last_seen_at: 1_700_000_000_002,
      });
      await put(worker, workerOf('other'));
      expect(await read('ID:AB:ü.$1')).toEqual(worker);
      expect(await read('ID:AB:ü.$1', await another())).toEqual(worker);
      expect(await read('other')).toEqual(workerOf('other'));
      expect(await read('id:ab:ü.$1')).toBeNull();
      expect(await fleet.workers(['other', 'none', worker.worker_id])).toHaveLength(2);
      expect(await fleet.workers([])).toEqual([]);
      expect(await fleet.saveWorkers([])).toEqual([]);
    });

    it('a record is written if it still is as it was read, each for itself', async () => {
      const before = workerOf('a', { apps: [appOn('shop'), appOn('web')] });
      await put(before, workerOf('b'));
      const after = {
        ...before,
        facts: { ...FACTS, labels: { rack: '8' } },
        apps: [appOn('shop', { revision: 2 }), appOn('zoo')],
        version: 2,
      };
      const stale = workerOf('b', { version: 9 });
      const changes = [
        { before, after },
        { before: { ...stale, version: 8 }, after: stale },
        { before: null, after: workerOf('c') },
        { before: null, after: workerOf('b', { interval_seconds: 1 }) },
        { before: workerOf('none'), after: workerOf('none', { version: 2 }) },
      ];
      // A worker twice in one call is not allowed, so the second word about `b` has a call of its own.
      const [twice] = changes.splice(3, 1);
      expect(await fleet.saveWorkers(changes)).toEqual([true, false, true, false]);
      expect(twice && (await fleet.saveWorkers([twice]))).toEqual([false]);
      expect(await read('a')).toEqual(after);
      expect(await read('b')).toEqual(workerOf('b'));
      expect(await read('c')).toEqual(workerOf('c'));
      expect(await read('none')).toBeNull();
      expect(await fleet.saveWorkers([{ before, after: { ...before, version: 2 } }])).toEqual([false]);
      expect(await read('a')).toEqual(after);
    });

    it('a label of another name with the same text is another', async () => {
      const before = workerOf('a', { facts: { ...FACTS, labels: { rack: '7' } } });
      const after = { ...before, facts: { ...FACTS, labels: { zone: '7' } }, version: 2 };
      await put(before);
      expect(await fleet.saveWorkers([{ before, after }])).toEqual([true]);
      expect(await read('a')).toEqual(after);
    });

    it('no write of two instances is lost', async () => {
      await put(workerOf('a', { interval_seconds: 1 }));
      const count = async (store: FleetStore, times: number) => {
        for (let done = 0; done < times; ) {
          const before = await read('a', store);
          if (!before) throw new Error('the record is gone');
          const { interval_seconds, version } = before;
          const after = { ...before, interval_seconds: interval_seconds + 1, version: version + 1 };
          const [written] = await store.saveWorkers([{ before, after }]);
          if (written) done += 1;
        }
      };
      await Promise.all([count(fleet, 20), count(await another(), 20), count(fleet, 20)]);
      expect(await read('a')).toMatchObject({ interval_seconds: 61, version: 61 });
    });

    it('a worker is new once, whoever is first', async () => {
      const other = await another();
      const change = (interval_seconds: number) => [
        { before: null, after: workerOf('a', { interval_seconds }) },
      ];
      const outcomes = await Promise.all([fleet.saveWorkers(change(1)), other.saveWorkers(change(2))]);
      expect(outcomes.flat().filter(Boolean)).toHaveLength(1);
      expect(await read('a')).toMatchObject({ interval_seconds: outcomes[0]?.[0] ? 1 : 2 });
    });

    it('workers come by id, page by page', async () => {
      const all = ['W', 'a%', 'a-1', 'a:1', 'a_1', 'b', 'ü'];
      await put(...[...all].reverse().map((id) => workerOf(id)));
      expect(await page()).toEqual(all);
      expect(await page({ limit: 2 })).toEqual(['W', 'a%']);
      expect(await page({ limit: 2, after: 'a%' })).toEqual(['a-1', 'a:1']);
      expect(await page({ after: 'ü' })).toEqual([]);
    });

    it('a page has whole records', async () => {
      const worker = workerOf('a', { apps: [appOn('shop'), appOn('web')] });
      await put(worker);
      const silence = { now: 1_000, listened_ms: 0 };
      expect(await fleet.workerPage({ silence, limit: 1, app: 'web' })).toEqual([worker]);
    });

    it('workers are found by app, by label and by both', async () => {
      const labelled = (labels: Record<string, string>) => ({ ...FACTS, labels });
      await put(
        workerOf('a', { facts: labelled({ rack: '7', zone: 'x' }), apps: [appOn('shop'), appOn('web')] }),
        workerOf('b', { facts: labelled({ rack: '7' }), apps: [appOn('web')] }),
        workerOf('c', { facts: labelled({ rack: '8', 'a.b': '7', $x: 'y=z' }), apps: [appOn('shop')] }),
        workerOf('d', { facts: labelled({ zone: '7' }) }),
      );
      expect(await page({ app: 'shop' })).toEqual(['a', 'c']);
      expect(await page({ app: 'shop', after: 'a', limit: 1 })).toEqual(['c']);
      expect(await page({ app: 'sho' })).toEqual([]);
      expect(await page({ label: { name: 'rack', text: '7' } })).toEqual(['a', 'b']);
      expect(await page({ label: { name: 'rack', text: '7' }, app: 'shop' })).toEqual(['a']);
      expect(await page({ label: { name: 'a.b', text: '7' } })).toEqual(['c']);
      expect(await page({ label: { name: '$x', text: 'y=z' } })).toEqual(['c']);
      expect(await page({ label: { name: 'rack', text: '' } })).toEqual([]);
      const before = await read('a');
      if (!before) throw new Error('the record is gone');
      const after = { ...before, facts: labelled({ rack: '9' }), apps: [appOn('web')], version: 2 };
      await fleet.saveWorkers([{ before, after }]);
      expect(await page({ label: { name: 'rack', text: '7' } })).toEqual(['b']);
      expect(await page({ label: { name: 'rack', text: '9' } })).toEqual(['a']);
      expect(await page({ app: 'shop' })).toEqual(['c']);
    });

    it('a worker is offline after three of its own intervals in which the api listened', async () => {
      await put(
        workerOf('a', { last_seen_at: 100_000, interval_seconds: 60 }),
        workerOf('b', { last_seen_at: 100_000, interval_seconds: 10 }),
        workerOf('c', { last_seen_at: 130_000, interval_seconds: 10 }),
      );
      const offline = async (now: number, listened_ms: number) => {
        const silence = { now, listened_ms };
        const found = await page({ silence, state: 'offline' });
        const online = await page({ silence, state: 'online' });
        expect([...found, ...online].sort()).toEqual(['a', 'b', 'c']);
        return found;
      };
      const always = 10_000_000;
      expect(await offline(129_999, always)).toEqual([]);
      expect(await offline(130_000, always)).toEqual(['b']);
      expect(await offline(160_000, always)).toEqual(['b', 'c']);
      expect(await offline(280_000, always)).toEqual(['a', 'b', 'c']);
      expect(await offline(280_000, 29_999)).toEqual([]);
      expect(await offline(280_000, 30_000)).toEqual(['b', 'c']);
      expect(
        await page({ state: 'offline', silence: { now: 280_000, listened_ms: 30_000 }, limit: 1 }),
      ).toEqual(['b']);
    });

    it('a worker is forgotten with its reports, unless it was heard of meanwhile', async () => {
      await put(
        workerOf('a', { apps: [appOn('shop')], facts: { ...FACTS, labels: { rack: '7' } } }),
        workerOf('b'),
      );
      const report = (worker_id: string) => ({ report: reportOf({ worker_id }), boot: 1, received_at: 1 });
      await fleet.saveReports([report('a'), report('b')]);
      expect(await fleet.forget('a', 2)).toBe(false);
      expect(await fleet.forget('none', 1)).toBe(false);
      expect(await page()).toEqual(['a', 'b']);
      expect(await fleet.reportsOf('a')).toHaveLength(1);
      expect(await fleet.forget('a', 1)).toBe(true);
      expect(await page()).toEqual(['b']);
      expect(await fleet.reportsOf('a')).toEqual([]);
      expect(await fleet.reportsOf('b')).toHaveLength(1);
      // It may come back as a new one.
      await put(workerOf('a'));
      expect(await read('a')).toEqual(workerOf('a'));
      expect(await page({ label: { name: 'rack', text: '7' } })).toEqual([]);
      expect(await page({ app: 'shop' })).toEqual([]);
    });

    it('a closed store says that it is away', async () => {
      const { apps } = await database.open();
      await apps.close();
      const stores = await database.open();
      await stores.apps.close();
      const away = { name: 'StoreUnavailableError' };
      await expect(stores.fleet.workers(['a'])).rejects.toMatchObject(away);
      await expect(stores.fleet.saveWorkers([{ before: null, after: workerOf('a') }])).rejects.toMatchObject(
        away,
      );
    });
  });
}
