import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { covers } from '../access/rights.js';
import type { AppStore } from '../store/app-store.js';
import type { DatabaseUnderTest } from '../store/testing/database-under-test.js';
import { recordOf, tombstoneOf } from '../store/testing/records.js';
import { createSqliteDatabase } from '../store/testing/sqlite-under-test.js';
import { listWithin } from './list-within.js';

const NAMES = ['A', 'a', 'a-1', 'a-2', 'a-2-x', 'a0', 'aa', 'b', 'b.1', 'b.2', 'c', 'shop', 'shop-lb', 'z'];

let database: DatabaseUnderTest;
let store: AppStore;
beforeEach(async () => {
  database = await createSqliteDatabase();
  ({ apps: store } = await database.open());
  for (const name of NAMES) await store.insert(recordOf(name));
  await store.insert(tombstoneOf('a-gone'));
  await store.insert(tombstoneOf('gone'));
});
afterEach(async () => await database.destroy());

/** All pages of a list, one after the other. */
async function pages(apps: string[] | null, limit: number, prefix: string): Promise<string[][]> {
  const found: string[][] = [];
  for (let after: string | undefined; ; ) {
    const page = await listWithin(
      store,
      { apps },
      { limit, prefix, ...(after === undefined ? {} : { after }) },
    );
    found.push(page.items.map(({ app_name }) => app_name));
    if (page.next_after === null) return found;
    expect(page.next_after).toBe(page.items.at(-1)?.app_name);
    after = page.next_after;
  }
}

describe('a list within rights has what these are for, in its order and once', () => {
  const RIGHTS: (string[] | null)[] = [
    null,
    ['shop'],
    ['none', 'gone'],
    ['a-*'],
    ['shop', 'a', 'a'],
    ['a-*', 'a*', 'a-2-*', 'a-*', 'a'],
    ['z', 'b.*', 'a-*', 'a0', 'b'],
    ['gone', 'a-gone', 'a-*'],
  ];

  it.each(RIGHTS.map((apps) => ({ apps })))('$apps', async ({ apps }) => {
    for (const limit of [1, 2, 3, 100]) {
      for (const prefix of ['', 'a', 'a-', 'a-2', 'b', 'shop', 'x']) {
        const expected = NAMES.filter((name) => covers({ apps }, name) && name.startsWith(prefix));
        const found = await pages(apps, limit, prefix);
        expect([apps, limit, prefix, found.flat()]).toEqual([apps, limit, prefix, expected]);
        // No page but the last is short of what was asked for.
        for (const page of found.slice(0, -1)) expect(page).toHaveLength(limit);
      }
    }
  });
});
