import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NO_TOKENS } from '@nebula/contracts';
import { startTypescript } from '../../testing/typescript-process.js';
import type { AppRecord, AppStore } from '../app-store.js';
import { recordPages } from '../record-pages.js';
import type { CreateDatabase, DatabaseUnderTest } from './database-under-test.js';
import { recordOf, specOf, tombstoneOf } from './records.js';

/** What every `AppStore` does. An adapter calls it in a spec of its own. */
export function describeAppStore(kind: string, create: CreateDatabase): void {
  describe(`apps on ${kind}`, () => {
    let database: DatabaseUnderTest;
    let apps: AppStore;
    const another = async () => (await database.open()).apps;
    const names = async (query: { limit?: number; after?: string; prefix?: string } = {}) => {
      const { items, next_after } = await apps.list({ limit: 100, ...query });
      return { names: items.map(({ app_name }) => app_name), next_after };
    };

    beforeEach(async () => {
      database = await create();
      ({ apps } = await database.open());
    });

    afterEach(async () => {
      await database.destroy();
    });

    it('a record is read as it was written, by another connection too', async () => {
      const spec = specOf('shop', {
        env_vars: { GREETING: 'Grüß "Gott"\n\u0000 \u{1F600}', EMPTY: '' },
        starting_ports: [{ '81': '80' }],
        command: ['sh', '-c', "it's"],
      });
      const published = { 'eu-1': { epoch: 2, revision: 7, verified_at: 1_700_000_000_000 } };
      const record = recordOf('shop', {
        spec,
        revision: 7,
        tokens: { ...NO_TOKENS, restart: 3, release: 0 },
        published,
      });
      expect(await apps.insert(record)).toBe(true);
      expect(await apps.get('shop')).toEqual(record);
      expect(await (await another()).get('shop')).toEqual(record);
      expect(await apps.get('Shop')).toBeNull();
    });

    it('it knows of which names there is a record, be the app deleted or not', async () => {
      await apps.insert(recordOf('shop'));
      await apps.insert(tombstoneOf('gone.$x'));
      const asked = ['shop', 'Shop', 'gone.$x', 'none'];
      expect((await apps.recorded(asked)).sort()).toEqual(['gone.$x', 'shop']);
      expect(await apps.recorded([])).toEqual([]);
    });

    it('a name is inserted once, whoever is first', async () => {
      const other = await another();
      const outcomes = await Promise.all([
        apps.insert(recordOf('shop', { updated_at: '2026-01-01T00:00:00.001Z' })),
        other.insert(recordOf('shop', { updated_at: '2026-01-01T00:00:00.002Z' })),
      ]);
      expect(outcomes.filter(Boolean)).toHaveLength(1);
      const winner = `2026-01-01T00:00:00.00${outcomes[0] ? 1 : 2}Z`;
      expect(await apps.get('shop')).toMatchObject({ updated_at: winner });
    });

    it('a replacement needs the revision that it was made from', async () => {
      await apps.insert(recordOf('shop'));
      expect(await apps.replace(recordOf('shop', { revision: 3 }), 2)).toBe(false);
      expect(await apps.get('shop')).toMatchObject({ revision: 1 });
      expect(await apps.replace(recordOf('none', { revision: 2 }), 1)).toBe(false);
      expect(await apps.get('none')).toBeNull();
      const next = recordOf('shop', { revision: 2, spec: specOf('shop', { running: false }) });
      expect(await apps.replace(next, 1)).toBe(true);
      expect(await apps.get('shop')).toEqual(next);
    });

    it('a replacement that gives the same values other names is one', async () => {
      const named = (env: string, port: string) =>
        specOf('shop', { env_vars: { [env]: 'x' }, starting_ports: [{ [port]: 8080 }] });
      await apps.insert(recordOf('shop', { spec: named('ONE', '80') }));
      const next = recordOf('shop', { revision: 2, spec: named('TWO', '81') });
      expect(await apps.replace(next, 1)).toBe(true);
      expect(await apps.get('shop')).toEqual(next);
    });

    it('no change of two writers is lost', async () => {
      await apps.insert(recordOf('shop', { spec: specOf('shop', { env_vars: { count: '0' } }) }));
      const count = async (store: AppStore, times: number) => {
        for (let done = 0; done < times; ) {
          const record = await store.get('shop');
          if (!record?.spec) throw new Error('the record is gone');
          const next = String(Number(record.spec.env_vars['count']) + 1);
          const spec = { ...record.spec, env_vars: { count: next } };
          const changed = { ...record, spec, revision: record.revision + 1 };
          if (await store.replace(changed, record.revision)) done += 1;
        }
      };
      await Promise.all([count(apps, 20), count(await another(), 20), count(apps, 20)]);
      const record = await apps.get('shop');
      expect(record?.spec?.env_vars).toEqual({ count: '60' });
      expect(record?.revision).toBe(61);
    });

    it('a replacement leaves the marks of what is published alone', async () => {
      await apps.insert(recordOf('shop'));
      const stale = await apps.get('shop');
      const mark = { epoch: 1, revision: 1, verified_at: 5 };
      await apps.markPublished('shop', 'eu', mark);
      await apps.replace({ ...recordOf('shop'), ...stale, revision: 2 }, 1);
      expect(await apps.get('shop')).toMatchObject({ revision: 2, published: { eu: mark } });
    });

    it('a tombstone stays, is not listed, and can become an app again', async () => {
      await apps.insert(recordOf('shop'));
      const tombstone = tombstoneOf('shop', { revision: 2 });
      expect(await apps.replace(tombstone, 1)).toBe(true);
      expect(await apps.get('shop')).toEqual(tombstone);
      expect(await names()).toEqual({ names: [], next_after: null });
      expect(await apps.insert(recordOf('shop'))).toBe(false);
      expect(await apps.replace(recordOf('shop', { revision: 3 }), 2)).toBe(true);
      expect((await names()).names).toEqual(['shop']);
    });

    it('apps are listed in the order of code units, page by page', async () => {
      const all = ['0', 'A-1', 'A.1', 'A1', 'A_1', 'B', 'Z', 'a', 'a-', 'a.', 'a0', 'aB', 'a_', 'ab', 'b'];
      for (const name of [...all].reverse()) await apps.insert(recordOf(name));
      await apps.insert(tombstoneOf('a1'));
      expect((await names()).names).toEqual(all);
      const found: string[] = [];
      for (let after: string | undefined; ; ) {
        const page = await names({ limit: 4, ...(after === undefined ? {} : { after }) });
        found.push(...page.names);
        if (page.next_after === null) break;
        expect(page.names).toHaveLength(4);
        expect(page.next_after).toBe(page.names.at(-1));
        after = page.next_after;
      }
      expect(found).toEqual(all);
      expect((await names({ limit: all.length })).next_after).toBeNull();
      expect((await names({ after: 'a0zz' })).names).toEqual(['aB', 'a_', 'ab', 'b']);
    });

    it('a prefix means itself, whatever characters it has', async () => {
      const all = ['a', 'a_b', 'a_c', 'axb', 'a.b', 'a-b', 'A_b'];
      for (const name of all) await apps.insert(recordOf(name));
      expect((await names({ prefix: 'a_' })).names).toEqual(['a_b', 'a_c']);
      expect((await names({ prefix: 'a.' })).names).toEqual(['a.b']);
      expect((await names({ prefix: 'a_', after: 'a_b' })).names).toEqual(['a_c']);
      expect((await names({ prefix: 'a', limit: 2 })).next_after).toBe('a-b');
      expect((await names({ prefix: 'a_b' })).names).toEqual(['a_b']);
      for (const prefix of ['%', '_', '*', '?', '.*', '^a', '[a]', '$', '\\', "'", 'a%']) {
        expect((await names({ prefix })).names).toEqual([]);
      }
    });

    it('what has changed since some time comes in the order of the changes, tombstones too', async () => {
      const at = (second: number) => ({ updated_at: `2026-01-01T00:00:0${second}.000Z` });
      await apps.insert(recordOf('b', at(1)));
      await apps.insert(recordOf('a', at(1)));
      await apps.insert(tombstoneOf('gone', at(3)));
      await apps.insert(recordOf('c', at(2)));
      const since = async (second: number, app_name = '', limit = 100) =>
        (await apps.changedSince({ ...at(second), app_name }, limit)).map((record) => record.app_name);
      expect(await since(0)).toEqual(['a', 'b', 'c', 'gone']);
      expect(await since(1)).toEqual(['a', 'b', 'c', 'gone']);
      expect(await since(1, 'a')).toEqual(['b', 'c', 'gone']);
      expect(await since(1, 'a', 2)).toEqual(['b', 'c']);
      expect(await since(3, 'gone')).toEqual([]);
      const changed = recordOf('a', { revision: 2, ...at(4) });
      await apps.replace(changed, 1);
      expect(await since(1)).toEqual(['b', 'c', 'gone', 'a']);
      expect(await apps.changedSince({ ...at(4), app_name: '' }, 1)).toEqual([changed]);
    });

    it('records are read by name, tombstones too, each once, whatever is changed meanwhile', async () => {
      const at = (second: number) => ({ updated_at: `2026-01-01T00:00:0${second}.000Z` });
      for (const name of ['b', 'd', 'a.b']) await apps.insert(recordOf(name, at(5)));
      await apps.insert(tombstoneOf('c', at(5)));
      expect(await apps.records({ limit: 1 })).toEqual([recordOf('a.b', at(5))]);
      expect(await apps.records({ limit: 1, after: 'b' })).toEqual([tombstoneOf('c', at(5))]);
      const pages = recordPages(apps, 2);
      expect((await pages.next()).value).toEqual([recordOf('a.b', at(5)), recordOf('b', at(5))]);
      await apps.replace(recordOf('d', { revision: 2, ...at(1) }), 1);
      await apps.replace(recordOf('b', { revision: 2, ...at(9) }), 1);
      const rest: AppRecord[][] = [];
      for await (const page of pages) rest.push(page);
      expect(rest).toEqual([[tombstoneOf('c', at(5)), recordOf('d', { revision: 2, ...at(1) })], []]);
    });

    it('the epoch is 1 at first, grows, and never falls', async () => {
      const other = await another();
      expect(await apps.epoch()).toBe(1);
      await Promise.all([apps.raiseEpoch(5), other.raiseEpoch(7), apps.raiseEpoch(6)]);
      expect(await apps.epoch()).toBe(7);
      await apps.raiseEpoch(3);
      await apps.raiseEpoch(7);
      expect(await other.epoch()).toBe(7);
    });

    it('everything is there when it is opened again', async () => {
      const record = recordOf('shop', { published: { eu: { epoch: 1, revision: 1, verified_at: 9 } } });
      await apps.insert(record);
      await apps.raiseEpoch(3);
      await apps.close();
      const again = await another();
      expect(await again.get('shop')).toEqual(record);
      expect(await again.epoch()).toBe(3);
    });

    it.each([1, 25, 60])(
      'every acknowledged write survives the kill of its writer at app %i',
      async (count) => {
        const { module, options } = database.elsewhere;
        const writer = startTypescript(join(import.meta.dirname, 'writer-process.ts'), [
          module,
          JSON.stringify(options),
        ]);
        const exited = once(writer, 'exit');
        const acknowledged = new Map<string, number>();
        for await (const line of createInterface(writer.stdout)) {
          const [name = '', revision] = line.split(' ');
          acknowledged.set(name, Number(revision));
          if (acknowledged.size === count) writer.kill('SIGKILL');
        }
        expect(await exited).toEqual([null, 'SIGKILL']);
        const survivor = await another();
        for (const [name, revision] of acknowledged) {
          const record = await survivor.get(name);
          expect(record?.revision).toBeGreaterThanOrEqual(revision);
          expect(record?.spec?.docker_image).toBe(`shop:${record?.revision}`);
          // What was replaced is kept as well.
          if (record?.revision === 2) {
            const replaced = await survivor.revision(name, 1);
            expect(replaced?.spec?.docker_image).toBe('shop:1');
          }
        }
        expect(acknowledged.size).toBeGreaterThanOrEqual(count);
        expect(await survivor.insert(recordOf('after'))).toBe(true);
      },
      60_000,
    );

    it('a closed store says that it is away', async () => {
      expect(await apps.problem()).toBeNull();
      await apps.close();
      await apps.close();
      expect(await apps.problem()).toMatch(/closed/);
      await expect(apps.get('shop')).rejects.toMatchObject({ name: 'StoreUnavailableError' });
      await expect(apps.insert(recordOf('shop'))).rejects.toMatchObject({ name: 'StoreUnavailableError' });
    });
  });
}
