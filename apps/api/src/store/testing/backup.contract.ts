import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NO_TOKENS } from '@nebula/contracts';
import type { AppStore } from '../app-store.js';
import type { BackupEntry } from '../backup/backup-format.js';
import { requireEmpty, restore } from '../backup/restore.js';
import { storedEntries } from '../backup/stored-entries.js';
import type { TokenRecord } from '../token-store.js';
import type { CreateDatabase, DatabaseUnderTest, Stores } from './database-under-test.js';
import { recordOf, specOf, tombstoneOf } from './records.js';

const SECRET = { env_vars: { TOKEN: 'hunter2-in-a-backup' }, secret_env_vars: ['TOKEN'] };

/** More apps and revisions than are read at a time. */
const MANY = 120;

/** What every database gives into a backup and takes back from one. An adapter calls it in a spec of its own. */
export function describeBackup(kind: string, create: CreateDatabase): void {
  describe(`a backup of ${kind}`, () => {
    const databases: DatabaseUnderTest[] = [];
    let stores: Stores;

    async function another(): Promise<Stores> {
      const database = await create();
      databases.push(database);
      return await database.open();
    }

    beforeEach(async () => {
      stores = await another();
    });

    afterEach(async () => {
      await Promise.all(databases.splice(0).map((database) => database.destroy()));
    });

    const entriesOf = async ({ raw, tokens }: Stores) => await gathered(storedEntries({ apps: raw, tokens }));

    it('brings all of it into another database', async () => {
      const { apps, tokens } = stores;
      const shop = recordOf('shop', { spec: specOf('shop', SECRET), tokens: { ...NO_TOKENS, restart: 3 } });
      await apps.insert({ ...shop, published: { eu: { epoch: 1, revision: 1, verified_at: 5 } } });
      const second = { ...shop, revision: 2, reason: 'because "ü" \u2028', changed_by: 'somebody' };
      await apps.replace(second, 1);
      await apps.insert(tombstoneOf('gone', { revision: 7 }));
      await tokens.insert(tokenOf('ci'));
      await apps.raiseEpoch(4);
      await apps.raiseHighestPurged(9);

      const entries = await entriesOf(stores);
      expect(JSON.stringify(entries)).not.toContain('hunter2');
      // What an older version doesn't know is there only where it is used.
      const specs = entries.flatMap((entry) => (entry.kind === 'app' ? (entry.app.spec ?? []) : []));
      const used = ['app_name', 'docker_image', 'env_vars', 'secret_env_vars'];
      expect(specs.map((spec) => Object.keys(spec).sort())).toEqual([used]);

      const restored = await another();
      const target = { apps: restored.raw, tokens: restored.tokens };
      const at = Date.parse('2026-11-28T12:00:00.500Z');
      const epoch = Math.floor(at / 1_000);
      expect(await restore(target, each(entries), at)).toEqual({ apps: 2, revisions: 1, tokens: 1 });
      // Of the feeds nothing is known until they were read.
      expect(await restored.apps.get('shop')).toEqual({ ...second, published: {} });
      const { published: _marks, ...first } = shop;
      expect(await restored.apps.revision('shop', 1)).toEqual(first);
      expect(await restored.apps.get('gone')).toEqual(tombstoneOf('gone', { revision: 7 }));
      expect(await restored.tokens.get('ci')).toEqual(tokenOf('ci'));
      expect([await restored.apps.epoch(), await restored.apps.highestPurged()]).toEqual([epoch, 9]);
      expect(await restored.apps.behind('eu', epoch, 10)).toEqual(expect.arrayContaining(['gone', 'shop']));
      expect((await entriesOf(restored)).filter(isContent)).toEqual(entries.filter(isContent));
    });

    it('has every app and revision, however many there are, and by whatever clock one is changed meanwhile', async () => {
      const { apps } = stores;
      for (let number = 0; number < MANY; number += 1) await apps.insert(recordOf(`app-${number}`));
      for (let revision = 1; revision < MANY; revision += 1)
        await apps.replace(recordOf('app-7', { revision: revision + 1 }), revision);
      // By an api whose clock is behind that of the others.
      const behind = recordOf('app-99', { revision: 2, updated_at: '2025-12-31T23:59:59.000Z' });
      const entries = await entriesOf({
        ...stores,
        raw: afterFirstCall(stores.raw, async () => void (await apps.replace(behind, 1))),
      });
      expect(new Set(entries.flatMap((entry) => (entry.kind === 'app' ? entry.app.app_name : [])))).toEqual(
        new Set(Array.from({ length: MANY }, (_, number) => `app-${number}`)),
      );
      expect(entries.filter(({ kind: of }) => of === 'revision')).toHaveLength(MANY);
    });

    it.each<[string, (stores: Stores) => Promise<unknown>]>([
      ['an app', ({ apps }) => apps.insert(recordOf('shop'))],
      ['a tombstone', ({ apps }) => apps.insert(tombstoneOf('shop'))],
      ['a token', ({ tokens }) => tokens.insert(tokenOf('ci'))],
    ])('goes into no database that has %s', async (_what, fill) => {
      const target = { apps: stores.raw, tokens: stores.tokens };
      await requireEmpty(target);
      await fill(stores);
      await expect(requireEmpty(target)).rejects.toThrow('the database is not empty');
    });
  });
}

function tokenOf(name: string): TokenRecord {
  return {
    ...{ name, id: '5a1be0c97f3d2468', hash: 'a'.repeat(64), rights: 'rw', apps: ['shop', 'shop-*'] },
    ...{ created_at: '2026-01-01T00:00:00.000Z', created_by: 'admin' },
    ...{ expires_at: '2027-01-01T00:00:00.000Z', last_used_at: null },
  };
}

/** The epoch is a higher one after a restore. */
function isContent({ kind }: BackupEntry): boolean {
  return kind !== 'numbers';
}

/** A store with which somebody else does something between the first call and the second. */
function afterFirstCall(store: AppStore, work: () => Promise<void>): AppStore {
  let calls = 0;
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return async (...given: unknown[]): Promise<unknown> => {
        calls += 1;
        if (calls === 2) await work();
        return await (member.apply(target, given) as Promise<unknown>);
      };
    },
  });
}

async function gathered(entries: AsyncIterable<BackupEntry>): Promise<BackupEntry[]> {
  const all: BackupEntry[] = [];
  for await (const entry of entries) all.push(entry);
  return all;
}

async function* each(entries: readonly BackupEntry[]): AsyncGenerator<BackupEntry> {
  yield* entries;
}
