import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { TokenRecord, TokenStore } from '../token-store.js';
import type { CreateDatabase, DatabaseUnderTest } from './database-under-test.js';

export function tokenOf(name: string, given: Partial<TokenRecord> = {}): TokenRecord {
  return {
    ...{ name, id: `id-of-${name}`, hash: '00ff', rights: 'rw', apps: null },
    ...{ created_at: '2026-01-01T00:00:00.000Z', created_by: 'admin', expires_at: null, last_used_at: null },
    ...given,
  };
}

/** What every `TokenStore` does. An adapter calls it in a spec of its own. */
export function describeTokenStore(kind: string, create: CreateDatabase): void {
  describe(`tokens on ${kind}`, () => {
    let database: DatabaseUnderTest;
    let tokens: TokenStore;
    const another = async () => (await database.open()).tokens;

    beforeEach(async () => {
      database = await create();
      ({ tokens } = await database.open());
    });

    afterEach(async () => {
      await database.destroy();
    });

    it('one is read as it was written, by its name and by its id, by another connection too', async () => {
      const whole = tokenOf('ci', {
        ...{ rights: 'ro', apps: ['shop', 'web-*'], expires_at: '2026-02-01T00:00:00.000Z' },
        last_used_at: '2026-01-02T00:00:00.000Z',
      });
      expect(await tokens.insert(whole)).toBe(true);
      expect(await tokens.insert(tokenOf('plain'))).toBe(true);
      for (const store of [tokens, await another()]) {
        expect(await store.get('ci')).toEqual(whole);
        expect(await store.byId('id-of-ci')).toEqual(whole);
        expect(await store.get('plain')).toEqual(tokenOf('plain'));
        expect(await store.get('CI')).toBeNull();
        expect(await store.byId('ci')).toBeNull();
        expect([whole, null]).toContainEqual(store.atOnce('id-of-ci'));
        expect(store.atOnce('ci')).toBeNull();
      }
    });

    it('a name is given once, whoever is first', async () => {
      const other = await another();
      const outcomes = await Promise.all([
        tokens.insert(tokenOf('ci', { id: 'a' })),
        other.insert(tokenOf('ci', { id: 'b' })),
      ]);
      expect(outcomes.filter(Boolean)).toHaveLength(1);
      const [winner, loser] = outcomes[0] ? ['a', 'b'] : ['b', 'a'];
      expect(await tokens.byId(winner)).toMatchObject({ name: 'ci' });
      expect(await tokens.byId(loser)).toBeNull();
    });

    it('one that is removed is gone for everybody, and its name is free', async () => {
      const other = await another();
      await tokens.insert(tokenOf('ci', { id: 'old' }));
      expect(await other.byId('old')).not.toBeNull();
      expect(await tokens.remove('ci')).toBe(true);
      expect(other.atOnce('old')).toBeNull();
      expect(await other.byId('old')).toBeNull();
      expect(await other.get('ci')).toBeNull();
      expect(await tokens.remove('ci')).toBe(false);
      expect(await other.insert(tokenOf('ci', { id: 'new' }))).toBe(true);
      expect(await tokens.byId('old')).toBeNull();
    });

    it('the last use is the latest that was noted, of the token that was used', async () => {
      const use = { name: 'ci', id: 'id-of-ci' };
      await tokens.insert(tokenOf('ci'));
      await tokens.noteUse(use, '2026-01-01T00:00:02.000Z');
      await tokens.noteUse(use, '2026-01-01T00:00:01.000Z');
      await tokens.noteUse({ name: 'ci', id: 'of-an-earlier-one' }, '2026-01-01T00:00:09.000Z');
      await tokens.noteUse({ name: 'none', id: 'none' }, '2026-01-01T00:00:09.000Z');
      expect(await tokens.get('ci')).toEqual(tokenOf('ci', { last_used_at: '2026-01-01T00:00:02.000Z' }));
      expect(await tokens.get('none')).toBeNull();
    });

    it('they are listed in the order of code units, page by page', async () => {
      const all = ['0', 'A-1', 'A_1', 'B', 'a', 'a-', 'a0', 'b'];
      for (const name of [...all].reverse()) await tokens.insert(tokenOf(name));
      const names = async (query: { limit: number; after?: string }) => {
        const { items, next_after } = await tokens.list(query);
        return [items.map(({ name }) => name), next_after];
      };
      expect(await names({ limit: 8 })).toEqual([all, null]);
      expect(await names({ limit: 5 })).toEqual([all.slice(0, 5), 'a']);
      expect(await names({ limit: 5, after: 'a' })).toEqual([all.slice(5), null]);
    });

    it('a closed store says that it is away', async () => {
      const stores = await database.open();
      await stores.apps.close();
      await expect(stores.tokens.byId('x')).rejects.toMatchObject({ name: 'StoreUnavailableError' });
      await expect(stores.tokens.remove('x')).rejects.toMatchObject({ name: 'StoreUnavailableError' });
    });
  });
}
