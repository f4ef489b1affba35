import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NO_TOKENS } from '@nebula/contracts';
import { StoreUnavailableError } from '../app-store.js';
import type { StoredReport } from '../fleet-records.js';
import { expectRecorded, RECORDED_VERSIONS, recordedText } from '../testing/recorded-databases.js';
import { recordOf } from '../testing/records.js';
import { MIGRATIONS } from './schema.js';
import { SqliteAppStore } from './sqlite-app-store.js';
import { SqliteFleetStore } from './sqlite-fleet-store.js';
import { SqliteFile } from './testing/sqlite-file.js';

describe('a SQLite file', () => {
  let sqlite: SqliteFile;
  beforeEach(async () => {
    sqlite = await SqliteFile.create();
  });
  afterEach(async () => await sqlite.remove());

  it('of an older version gets what it lacks and keeps what it has', async () => {
    await new SqliteAppStore(sqlite.open()).insert(recordOf('shop'));
    sqlite
      .raw()
      .exec(`DROP INDEX apps_not_deleted; UPDATE apps SET spec = '{"app_name":"shop","docker_image":"i"}'`);
    const store = new SqliteAppStore(sqlite.open());
    const { items } = await store.list({ limit: 1 });
    expect(items[0]?.spec).toMatchObject({ docker_image: 'i', running: true, containers_per: { server: 1 } });
    expect(
      sqlite.open().read({ sql: "SELECT name FROM sqlite_master WHERE name = 'apps_not_deleted'" }),
    ).toHaveLength(1);
  });

  it('of a version that kept no history has its apps, and keeps their history from now on', async () => {
    await mkdir(join(sqlite.path, '..'));
    const file = sqlite.raw();
    for (const step of MIGRATIONS.slice(0, 4)) file.exec(step);
    file.exec(`
      PRAGMA user_version = 4;
      INSERT INTO apps VALUES ('shop', '{"app_name":"shop","docker_image":"i"}', 7, '{"restart":2,"release":0}', 0, 'c', 'u')`);
    file.close();
    const store = new SqliteAppStore(sqlite.open());
    expect(await store.get('shop')).toMatchObject({
      ...{ revision: 7, change: null, changed_by: null, reason: null },
      spec: { docker_image: 'i', running: true },
    });
    expect(await store.replace(recordOf('shop', { revision: 8, reason: 'new' }), 7)).toBe(true);
    expect(await store.revision('shop', 7)).toMatchObject({
      ...{ updated_at: 'u', change: null, changed_by: null, tokens: { ...NO_TOKENS, restart: 2 } },
    });
  });

  it.each(RECORDED_VERSIONS)('of version %s is read as it was written, and written on', async (version) => {
    await mkdir(join(sqlite.path, '..'));
    const file = sqlite.raw();
    file.exec(recordedText(version, 'sqlite.sql'));
    file.close();
    const database = sqlite.open();
    const [apps, fleet] = [new SqliteAppStore(database), new SqliteFleetStore(database)];
    await expectRecorded(version, { apps, fleet });
    const { report } = JSON.parse(recordedText(version, 'records.json')) as { report: StoredReport };
    expect(await fleet.reportsOf(report.report.worker_id)).toMatchObject([report]);
  });

  it.each([
    ['delete', 0],
    ['delete', 3],
    ['wal', 0],
  ])('of another program is not touched, with journal_mode %s and version %d', async (journal, version) => {
    await mkdir(join(sqlite.path, '..'));
    const file = sqlite.raw();
    file.exec(`PRAGMA journal_mode = ${journal}; CREATE TABLE contacts (name TEXT)`);
    file.exec(`PRAGMA user_version = ${version}`);
    file.close();
    await chmod(sqlite.path, 0o644);
    const before = await sqlite.all();
    expect(before.map(([name]) => name)).toEqual(['nebula.db']);
    expect(() => sqlite.open()).toThrow(`${sqlite.path} is the database of another program`);
    expect(await sqlite.all()).toEqual(before);
  });

  it('of another program that is open and has a log is not touched either', async () => {
    await mkdir(join(sqlite.path, '..'));
    const file = sqlite.raw();
    file.exec('PRAGMA journal_mode = WAL; CREATE TABLE contacts (name TEXT)');
    for (const ending of ['', '-wal', '-shm']) await chmod(sqlite.path + ending, 0o644);
    const before = await sqlite.all();
    expect(() => sqlite.open()).toThrow(`${sqlite.path} is the database of another program`);
    expect(await sqlite.all()).toEqual(before);
  });

  it('of a newer version is not touched', async () => {
    sqlite.open().close();
    // Until its statements are collected, that connection has a log beside its file, which may go at any moment.
    const made = sqlite.path;
    sqlite.path = join(sqlite.folder, 'newer', 'nebula.db');
    await mkdir(join(sqlite.path, '..'), { mode: 0o700 });
    await copyFile(made, sqlite.path);
    const newer = MIGRATIONS.length + 1;
    const file = sqlite.raw();
    file.exec(`PRAGMA user_version = ${newer}`);
    file.close();
    const before = await sqlite.all();
    expect(() => sqlite.open()).toThrow(StoreUnavailableError);
    expect(() => sqlite.open()).toThrow(
      `newer version of the program (schema ${newer}, this one knows up to ${newer - 1})`,
    );
    expect(await sqlite.all()).toEqual(before);
  });

  it('that is none says so', async () => {
    sqlite.path = join(sqlite.folder, 'nebula.db');
    await writeFile(sqlite.path, 'not a database at all, but long enough to be taken for one'.repeat(50));
    await chmod(sqlite.path, 0o644);
    const before = await sqlite.all();
    expect(() => sqlite.open()).toThrow(StoreUnavailableError);
    expect(await sqlite.all()).toEqual(before);
    expect(() => sqlite.open()).toThrow(/nebula\.db is no SQLite database/);
    sqlite.path = join(sqlite.path, 'nebula.db');
    expect(() => sqlite.open()).toThrow(StoreUnavailableError);
    expect(() => sqlite.open()).toThrow(/can't be made or opened/);
  });
});
