import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DatabaseSync } from '@photostructure/sqlite';
import { SqliteAppStore } from '../sqlite/sqlite-app-store.js';
import { SqliteDatabase } from '../sqlite/sqlite-database.js';
import { SealingAppStore } from '../secrets/sealing-app-store.js';
import { SqliteFleetStore } from '../sqlite/sqlite-fleet-store.js';
import { SqliteTokenStore } from '../sqlite/sqlite-token-store.js';
import type { DatabaseUnderTest, Stores } from './database-under-test.js';
import { TEST_KEYRING } from './keys.js';

export async function openStores({ path }: { path: string }): Promise<Stores> {
  const database = SqliteDatabase.open(path);
  const raw = new SqliteAppStore(database);
  return {
    apps: new SealingAppStore(raw, TEST_KEYRING),
    raw,
    fleet: new SqliteFleetStore(database),
    tokens: new SqliteTokenStore(database),
  };
}

export interface SqliteUnderTest extends DatabaseUnderTest {
  readonly path: string;
}

export async function createSqliteDatabase(): Promise<SqliteUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'nebula-store-'));
  const path = join(folder, 'nebula.db');
  const opened: Stores[] = [];
  return {
    path,
    elsewhere: { module: pathToFileURL(import.meta.filename).href, options: { path } },
    async open() {
      const stores = await openStores({ path });
      opened.push(stores);
      return stores;
    },
    async specTexts() {
      const file = new DatabaseSync(path, { readOnly: true });
      const rows = file.prepare('SELECT spec FROM apps UNION ALL SELECT spec FROM revisions').all();
      file.close();
      return rows.map((row) => String((row as { spec: unknown }).spec));
    },
    async destroy() {
      for (const { apps } of opened) await apps.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
