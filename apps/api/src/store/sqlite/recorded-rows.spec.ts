import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  NEWEST_VERSION,
  RECORDED_VERSIONS,
  recordedText,
  recordedToken,
  writeRecorded,
} from '../testing/recorded-databases.js';
import { SqliteAppStore } from './sqlite-app-store.js';
import { SqliteDatabase } from './sqlite-database.js';
import { SqliteFleetStore } from './sqlite-fleet-store.js';
import { SqliteTokenStore } from './sqlite-token-store.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-recorded-'));
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

/** Every row of every table, by the tables' names, and the version of the schema. */
function contentsOf(path: string): Record<string, unknown> {
  const file = new DatabaseSync(path);
  const all = (sql: string) => file.prepare(sql).all() as Record<string, unknown>[];
  const names = all("SELECT name FROM sqlite_master WHERE type = 'table'").map(({ name }) => String(name));
  const tables = names.map((name) => [name, all(`SELECT * FROM ${name}`)] as const);
  const contents = { ...Object.fromEntries(tables), version: all('PRAGMA user_version') };
  file.close();
  return contents;
}

function recordedFile(version: string): string {
  const path = join(folder, `${version}.db`);
  const file = new DatabaseSync(path);
  file.exec(recordedText(version, 'sqlite.sql'));
  file.exec(recordedToken(version).sqlite);
  file.close();
  return path;
}

it('this version writes what the newest recorded one has written; else it needs a recording of its own', async () => {
  const path = join(folder, 'today.db');
  const database = SqliteDatabase.open(path);
  await writeRecorded(NEWEST_VERSION, {
    apps: new SqliteAppStore(database),
    fleet: new SqliteFleetStore(database),
    tokens: new SqliteTokenStore(database),
  });
  database.close();
  expect(contentsOf(path)).toEqual(contentsOf(recordedFile(NEWEST_VERSION)));
});

it.each(RECORDED_VERSIONS)('a token of version %s is read as it was written', async (version) => {
  const database = SqliteDatabase.open(recordedFile(version));
  const { record } = recordedToken(version);
  expect(await new SqliteTokenStore(database).byId(record.id)).toEqual(record);
  database.close();
});
