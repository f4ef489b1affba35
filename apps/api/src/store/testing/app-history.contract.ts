import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NO_TOKENS } from '@nebula/contracts';
import { eventually } from '../../testing/eventually.js';
import type { AppRecord, AppStore, Revision } from '../app-store.js';
import type { CreateDatabase, DatabaseUnderTest } from './database-under-test.js';
import { recordOf, specOf, tombstoneOf } from './records.js';

/** How every `AppStore` keeps what is replaced. An adapter calls it in a spec of its own. */
export function describeAppHistory(kind: string, create: CreateDatabase): void {
  describe(`the history of an app on ${kind}`, () => {
    let database: DatabaseUnderTest;
    let apps: AppStore;

    beforeEach(async () => {
      database = await create();
      ({ apps } = await database.open());
    });

    afterEach(async () => {
      await database.destroy();
    });

    const numbers = async (appName: string, query: { limit?: number; before?: number } = {}) =>
      (await apps.revisions(appName, { limit: 100, ...query })).map(({ revision }) => revision);

    function at(revision: number, given: Partial<AppRecord> = {}): AppRecord {
      const spec = specOf('shop', { docker_image: `shop:${revision}` });
      const updated_at = new Date(1_700_000_000_000 + revision).toISOString();
      const stamp = {
        changed_by: `user ${revision}`,
        reason: `reason "${revision}" ü`,
        change: 'changed' as const,
      };
      return recordOf('shop', { revision, spec, updated_at, ...stamp, ...given });
    }

    function kept({ published: _marks, ...revision }: AppRecord): Revision {
      return revision;
    }

    /** Brings the app from nothing to this revision. */
    async function reach(last: number): Promise<void> {
      await apps.insert(at(1));
      for (let revision = 2; revision <= last; revision += 1) await apps.replace(at(revision), revision - 1);
    }

    it('has nothing while nothing was replaced', async () => {
      await apps.insert(at(1));
      expect(await numbers('shop')).toEqual([]);
      expect(await apps.revision('shop', 1)).toBeNull();
      expect(await numbers('none')).toEqual([]);
    });

    it('is stored without fields that have their default, as the app is, and both are read whole', async () => {
      const spec = specOf('shop');
      const first = at(1, { spec });
      const second = at(2, { spec: { ...spec, hostname: 'shop', running: true } });
      const texts = async () => (await database.specTexts()).map((text) => JSON.parse(text) as unknown);
      const compact = { app_name: 'shop', docker_image: 'shop:1' };
      await apps.insert(first);
      expect(await texts()).toEqual([compact]);
      await apps.replace(second, 1);
      expect(await texts()).toEqual([{ ...compact, hostname: 'shop' }, compact]);
      for (const { revision, spec: same } of [first, second])
        expect(await apps.rewrite({ app_name: 'shop', revision, spec: same })).toBe(true);
      await apps.keepRevision(kept(first));
      expect(await texts()).toEqual([{ ...compact, hostname: 'shop' }, compact]);
      expect(await apps.get('shop')).toEqual(second);
      expect(await apps.revision('shop', 1)).toEqual(kept(first));
    });

    it('has what was replaced, whole, and by another connection too', async () => {
      const first = at(1, {
        spec: specOf('shop', { env_vars: { GREETING: 'Grüß\n\u0000', 'a.b$': '' }, command: ['a'] }),
        tokens: { ...NO_TOKENS, restart: 1 },
        published: { eu: { epoch: 1, revision: 1, verified_at: 5 } },
      });
      await apps.insert(first);
      await apps.replace(at(2), 1);
      await apps.replace(at(3, { spec: null, deleted: true, change: 'deleted', reason: null }), 2);
      await apps.replace(at(4), 3);
      const other = (await database.open()).apps;
      expect(await other.revision('shop', 1)).toEqual(kept(first));
      expect(await other.revision('shop', 3)).toMatchObject({ deleted: true, spec: null, reason: null });
      const { spec: _spec, tokens: _tokens, ...summary } = kept(at(2));
      expect((await other.revisions('shop', { limit: 9 }))[1]).toEqual(summary);
      expect(await apps.revision('shop', 4)).toBeNull();
      expect(await apps.get('shop')).toEqual({ ...at(4), published: first.published });
    });

    it("comes newest first, page by page, and is each app's own", async () => {
      await reach(6);
      await apps.insert(recordOf('shop2'));
      await apps.replace(recordOf('shop2', { revision: 9 }), 1);
      expect(await numbers('shop')).toEqual([5, 4, 3, 2, 1]);
      expect(await numbers('shop', { limit: 2 })).toEqual([5, 4]);
      expect(await numbers('shop', { limit: 2, before: 4 })).toEqual([3, 2]);
      expect(await numbers('shop', { before: 1 })).toEqual([]);
      expect(await numbers('shop2')).toEqual([1]);
    });

    it('has what was there when it was replaced, be it other than what was read before', async () => {
      await reach(2);
      const other = (await database.open()).apps;
      // At the same revision: it was rewritten, and then another history led to it, as after a restore.
      await apps.get('shop');
      const rewritten = specOf('shop', { docker_image: 'shop:rewritten' });
      await other.rewrite({ app_name: 'shop', revision: 2, spec: rewritten });
      expect(await apps.replace(at(3), 2)).toBe(true);
      expect(await apps.revision('shop', 2)).toEqual(kept(at(2, { spec: rewritten })));
      await apps.get('shop');
      const elsewhere = at(3, { updated_at: '2026-01-01T00:00:00.000Z', changed_by: 'another' });
      await other.replace(tombstoneOf('shop', { revision: 4 }), 3);
      await other.purge({ app_name: 'shop', revision: 4 });
      await other.insert(elsewhere);
      expect(await apps.replace(at(4), 3)).toBe(true);
      expect(await apps.revision('shop', 3)).toEqual(kept(elsewhere));
    });

    it('tells which variables ever were secrets, in what is kept and below a revision', async () => {
      const env_vars = Object.fromEntries(['a.b$', 'B', 'C', 'D'].map((name) => [name, `of ${name}`]));
      const secrets = (...secret_env_vars: string[]) => ({
        spec: specOf('shop', { env_vars, secret_env_vars }),
      });
      // Looks like a secret to who searches texts.
      const misleading = { '"secret_env_vars":["X"]': '"secret_env_vars":["Y"]', secret_env_vars: '["Z"]' };
      await apps.insert(at(1, secrets('a.b$')));
      await apps.replace(at(2, secrets('B', 'C')), 1);
      await apps.replace(tombstoneOf('shop', { revision: 3 }), 2);
      await apps.replace(at(4, { spec: specOf('shop', { env_vars: misleading }) }), 3);
      await apps.replace(at(5, secrets('C')), 4);
      await apps.replace(at(6, secrets('D')), 5);
      await apps.insert(recordOf('shop2', secrets('D')));
      await apps.replace(recordOf('shop2', { revision: 2 }), 1);
      const names = async (before: number) => (await apps.secretNames('shop', before)).sort();
      expect(await names(6)).toEqual(['B', 'C', 'a.b$']);
      expect(await names(2)).toEqual(['a.b$']);
      expect(await names(1)).toEqual([]);
      await apps.forgetRevisions('shop', 2);
      expect(await names(6)).toEqual(['C']);
      expect(await apps.secretNames('none', 9)).toEqual([]);
    });

    it('tells of each of many revisions which variables were secrets', async () => {
      const names = Array.from({ length: 45 }, (_, index) => `V${index}`);
      for (const [index, name] of names.entries()) {
        const record = at(index + 1, {
          spec: specOf('shop', { env_vars: { [name]: 'x' }, secret_env_vars: [name] }),
        });
        await (index === 0 ? apps.insert(record) : apps.replace(record, index));
      }
      await apps.replace(at(46), 45);
      expect((await apps.secretNames('shop', 46)).sort()).toEqual([...names].sort());
    });

    it('has nothing of a replacement that was refused but what is true', async () => {
      await reach(2);
      expect(await apps.replace(at(9), 1)).toBe(false);
      expect(await apps.replace(at(9), 8)).toBe(false);
      expect(await numbers('shop')).toEqual([1]);
      expect(await apps.revision('shop', 1)).toEqual(kept(at(1)));
    });

    it('has every revision that was ever accepted, whoever made it', async () => {
      await apps.insert(at(1));
      const other = (await database.open()).apps;
      const change = async (store: AppStore, times: number) => {
        for (let done = 0; done < times; ) {
          const { revision = 0 } = (await store.get('shop')) ?? {};
          if (await store.replace(at(revision + 1), revision)) done += 1;
        }
      };
      await Promise.all([change(apps, 8), change(other, 8), change(apps, 8)]);
      const all = Array.from({ length: 24 }, (_, index) => 24 - index);
      expect(await numbers('shop')).toEqual(all);
      for (const revision of all) expect(await apps.revision('shop', revision)).toEqual(kept(at(revision)));
    });

    it('is cut to the newest, and only of this app', async () => {
      await reach(8);
      await apps.insert(recordOf('shop2'));
      await apps.replace(recordOf('shop2', { revision: 2 }), 1);
      await apps.forgetRevisions('shop', 9);
      expect(await numbers('shop')).toHaveLength(7);
      await apps.forgetRevisions('shop', 3);
      expect(await numbers('shop')).toEqual([7, 6, 5]);
      expect(await apps.revision('shop', 4)).toBeNull();
      await apps.forgetRevisions('shop', 0);
      expect(await numbers('shop')).toEqual([]);
      expect(await numbers('shop2')).toEqual([1]);
    });

    it('has what is true after the restore of an older backup, whatever was kept since', async () => {
      await reach(4);
      await apps.replace(at(2, { reason: 'restored' }), 4);
      await apps.replace(at(3, { reason: 'new' }), 2);
      expect(await apps.revision('shop', 2)).toMatchObject({ reason: 'restored' });
      expect(await numbers('shop', { before: 3 })).toEqual([2, 1]);
    });

    it('counts what is there, not numbers', async () => {
      await apps.insert(at(1));
      await apps.replace(at(50), 1);
      await apps.replace(at(51), 50);
      await apps.forgetRevisions('shop', 2);
      expect(await numbers('shop')).toEqual([50, 1]);
    });

    it('goes on when a name is used again, and goes with the tombstone', async () => {
      await apps.insert(at(1));
      const old = tombstoneOf('shop', { revision: 2, updated_at: '2026-01-01T00:00:00.000Z' });
      await apps.replace(old, 1);
      await apps.insert(recordOf('lives'));
      await apps.replace(recordOf('lives', { revision: 2 }), 1);
      expect(await numbers('shop')).toEqual([1]);
      expect(await apps.purge(old)).toBe(true);
      await eventually(async () => expect(await numbers('shop')).toEqual([]));
      expect(await apps.revision('shop', 1)).toBeNull();
      expect(await numbers('lives')).toEqual([1]);
      await apps.insert(at(3));
      expect(await numbers('shop')).toEqual([]);
    });
  });
}
