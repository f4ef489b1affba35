import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NO_TOKENS } from '@nebula/contracts';
import type { AppRecord, AppStore } from '../app-store.js';
import type { CreateDatabase, DatabaseUnderTest } from './database-under-test.js';
import { recordOf, specOf, tombstoneOf } from './records.js';

const OTHER_TIME = { updated_at: '2026-11-01T11:00:00.000Z', reason: 'restored' };
const OTHER_TOKENS = { tokens: { ...NO_TOKENS, restart: 3 } };
const OTHER_NOTE = { changed_by: 'another', reason: 'restored' };

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

    it.each<[string, () => Promise<unknown>]>([
      ['by way of it', () => apps.replaceRemembered(at(2), 1)],
      ['past it', () => apps.replace(at(2), 1)],
      ['anew', () => apps.rewrite({ ...at(1), spec: specOf('shop', { env_vars: { A: 'b' } }) })],
      ['in vain, as another was quicker', () => othersReplaceFirst()],
    ])('is never an older record than what the same instance has written %s', async (_how, write) => {
      await write();
      expect([null, await others.get('shop')]).toContainEqual(apps.remembered('shop'));
    });

    async function othersReplaceFirst(): Promise<void> {
      await others.replace(at(2), 1);
      expect(await apps.replace(at(2), 1)).toBe(false);
    }

    it.each<[string, () => Promise<unknown>, number]>([
      ['another has changed the app', () => others.replace(at(2, { reason: 'of another' }), 1), 2],
      [
        'its secrets were sealed anew',
        () => others.rewrite({ ...at(1), spec: specOf('shop', { env_vars: { A: 'b' } }) }),
        1,
      ],
      ['a restore has come to its revision another way', () => madeAnew(), 1],
      ['a restore has come to it at the same time with other tokens', () => madeAnew(OTHER_TOKENS), 1],
      ['a restore has come to it at the same time with another note', () => madeAnew(OTHER_NOTE), 1],
      ['it is gone', () => removed(), 0],
    ])(
      'replaces nothing when %s, and the history of what is there stays',
      async (_what, change, revision) => {
        await change();
        const before = await others.get('shop');
        expect(before?.revision ?? 0).toBe(revision);
        const history = await others.revisions('shop', { limit: 9, before: revision });
        expect(await apps.replaceRemembered(at(2, { reason: 'lost' }), 1)).toBe(false);
        expect(await others.get('shop')).toEqual(before);
        expect(await others.revisions('shop', { limit: 9, before: revision })).toEqual(history);
        expect(apps.remembered('shop')).toBeNull();
      },
    );

    async function removed(): Promise<void> {
      await others.replace(tombstoneOf('shop', { revision: 2 }), 1);
      expect(await others.purge({ app_name: 'shop', revision: 2 })).toBe(true);
    }

    async function madeAnew(given: Partial<AppRecord> = OTHER_TIME): Promise<void> {
      await removed();
      await others.insert(at(1, given));
    }
  });
}
