import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AppRecord, AppStore } from '../app-store.js';
import type { CreateDatabase, DatabaseUnderTest } from './database-under-test.js';
import { recordOf, specOf, tombstoneOf } from './records.js';

/** What every `AppStore` that remembers records makes of that. An adapter that does calls it in a spec of its own. */
export function describeAppMemory(kind: string, create: CreateDatabase): void {
  describe(`what is remembered of an app on ${kind}`, () => {
    let database: DatabaseUnderTest;
    let apps: AppStore;
    /** Another instance on the same database. */
    let others: AppStore;

    beforeEach(async () => {
      database = await create();
      ({ apps } = await database.open());
      ({ apps: others } = await database.open());
      await apps.insert(at(1));
      await apps.get('shop');
    });

    afterEach(async () => {
      await database.destroy();
    });

    function at(revision: number, given: Partial<AppRecord> = {}): AppRecord {
      const updated_at = new Date(1_700_000_000_000 + revision).toISOString();
      return recordOf('shop', { revision, updated_at, reason: `reason ${revision}`, ...given });
    }

    it('is what was read, and is replaced while it is that, with a revision in the history', async () => {
      expect(apps.remembered('none')).toBeNull();
      expect(apps.remembered('shop')).toEqual(at(1));
      expect(await apps.replaceRemembered(at(2), 1)).toBe(true);
      expect(await apps.get('shop')).toEqual(at(2));
      expect(await apps.replaceRemembered(at(3), 2)).toBe(true);
      expect(await others.get('shop')).toEqual(at(3));
      const kept = await others.revisions('shop', { limit: 9 });
      expect(kept.map(({ revision, reason }) => [revision, reason])).toEqual([
        [2, 'reason 2'],
        [1, 'reason 1'],
      ]);
    });

    it('is never an older record than what was written by way of it', async () => {
      await apps.replaceRemembered(at(2), 1);
      expect([null, 2]).toContain(apps.remembered('shop')?.revision ?? null);
    });

    it.each<[string, () => Promise<unknown>, number]>([
      ['another has changed the app', () => others.replace(at(2, { reason: 'of another' }), 1), 2],
      [
        'its secrets were sealed anew',
        () => others.rewrite({ ...at(1), spec: specOf('shop', { env_vars: { A: 'b' } }) }),
        1,
      ],
      ['a restore has come to its revision another way', () => madeAnew(), 1],
      ['it is gone', () => removed(), 0],
    ])(
      'replaces nothing when %s, and the history of what is there stays',
      async (_what, change, revision) => {
        await change();
        const before = await others.get('shop');
        const history = await others.revisions('shop', { limit: 9, before: revision });
        expect(await apps.replaceRemembered(at(2, { reason: 'lost' }), 1)).toBe(false);
        expect(await others.get('shop')).toEqual(before);
        expect(before?.revision ?? 0).toBe(revision);
        expect(await others.revisions('shop', { limit: 9, before: revision })).toEqual(history);
        expect(apps.remembered('shop')).toBeNull();
      },
    );

    async function removed(): Promise<void> {
      await others.replace(tombstoneOf('shop', { revision: 2 }), 1);
      expect(await others.purge({ app_name: 'shop', revision: 2 })).toBe(true);
    }

    async function madeAnew(): Promise<void> {
      await removed();
      await others.insert(at(1, { updated_at: '2026-11-01T11:00:00.000Z', reason: 'restored' }));
    }
  });
}
