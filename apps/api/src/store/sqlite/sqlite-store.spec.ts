import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import { Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { NO_TOKENS } from '@nebula/contracts';
import { SEARCHED_LINES, searchLogged } from '../../../../../libs/messaging/src/testing/searched-log.js';
import { ApiLog } from '../../api-log.js';
import { AppStore, StoreUnavailableError } from '../app-store.js';
import type { StoredReport } from '../fleet-records.js';
import { FleetStore } from '../fleet-store.js';
import { StoreModule } from '../store.module.js';
import { describeAppHistory } from '../testing/app-history.contract.js';
import { describeAppMemory } from '../testing/app-memory.contract.js';
import { describeAppRollout } from '../testing/app-rollout.contract.js';
import { describeAppStore } from '../testing/app-store.contract.js';
import { describeBackup } from '../testing/backup.contract.js';
import { describePublishingMarks } from '../testing/publishing-marks.contract.js';
import { expectRecorded, RECORDED_VERSIONS, recordedText } from '../testing/recorded-databases.js';
import { recordOf, workerOf } from '../testing/records.js';
import { describeSecrets } from '../testing/secrets.contract.js';
import { createSqliteDatabase } from '../testing/sqlite-under-test.js';
import { describeTokenStore } from '../testing/tokens.contract.js';
import { describeWorkerRecords } from '../testing/worker-records.contract.js';
import { APP_QUERIES } from './app-queries.js';
import { FLEET_QUERIES } from './fleet-queries.js';
import type { Query } from './query.js';
import { MIGRATIONS } from './schema.js';
import { SqliteAppStore } from './sqlite-app-store.js';
import { SqliteDatabase } from './sqlite-database.js';
import { SqliteFleetStore } from './sqlite-fleet-store.js';
import { SqliteTokenStore } from './sqlite-token-store.js';
import { TOKEN_QUERIES } from './token-queries.js';
import { WORKER_QUERIES } from './worker-queries.js';

describeAppStore('SQLite', createSqliteDatabase);
describeAppHistory('SQLite', createSqliteDatabase);
describeAppMemory('SQLite', createSqliteDatabase);
describeBackup('SQLite', createSqliteDatabase);
describePublishingMarks('SQLite', createSqliteDatabase);
describeWorkerRecords('SQLite', createSqliteDatabase);
describeAppRollout('SQLite', createSqliteDatabase);
describeSecrets('SQLite', createSqliteDatabase);
describeTokenStore('SQLite', createSqliteDatabase);

@Module({ providers: [{ provide: ApiLog, useValue: SEARCHED_LINES }], exports: [ApiLog] })
class Surroundings {}

describe('a SQLite file', () => {
  let folder: string;
  let path: string;
  const opened: { close(): void }[] = [];
  const openTelling = () => {
    const lines: string[] = [];
    const note = (message: string, fields?: Record<string, unknown>) => {
      searchLogged(message, fields);
      lines.push([message, fields?.['reason']].join(' '));
    };
    const database = SqliteDatabase.open(path, { info: note, warn: note });
    opened.push(database);
    return { database, lines };
  };
  const open = () => {
    const database = SqliteDatabase.open(path);
    opened.push(database);
    return database;
  };
  const raw = () => {
    const database = new DatabaseSync(path, { timeout: 0 });
    opened.push({ close: () => void (database.isOpen && database.close()) });
    return database;
  };
  const mode = async (file: string) => ((await stat(file)).mode & 0o777).toString(8);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nebula-sqlite-'));
    path = join(folder, 'state', 'nebula.db');
  });

  afterEach(async () => {
    for (const each of opened.splice(0)) each.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('is of another generation after each change, of this connection or of another, and of the same until then', async () => {
    const database = open();
    const [apps, tokens] = [new SqliteAppStore(database), new SqliteTokenStore(database)];
    const other = raw();
    const seen: number[] = [];
    const look = () => {
      seen.push(database.generation());
      expect(database.generation()).toBe(seen.at(-1));
    };
    look();
    await apps.insert(recordOf('shop'));
    look();
    await tokens.noteUse({ name: 'ci', id: 'ci' }, '2026-01-01T00:00:00.000Z');
    look();
    other.exec("UPDATE apps SET reason = 'by hand'");
    look();
    other.exec("BEGIN IMMEDIATE; UPDATE apps SET reason = 'not yet'");
    expect(database.generation()).toBe(seen.at(-1));
    other.exec('COMMIT');
    look();
    expect(new Set(seen).size).toBe(5);
    expect((await apps.get('shop'))?.reason).toBe('not yet');
  });

  it('tells its generation to a second who asks in the same turn, once, unless it was used since', async () => {
    const database = open();
    const [apps, tokens] = [new SqliteAppStore(database), new SqliteTokenStore(database)];
    const other = raw();
    await apps.insert(recordOf('shop'));
    const reason = async () => (await apps.get('shop'))?.reason;
    let count = 0;
    /** Asks, and then another connection writes something. Answers that. */
    const askedBeforeChange = () => {
      database.generationToShare();
      count += 1;
      other.exec(`UPDATE apps SET reason = '${count}'`);
      return `${count}`;
    };
    const before = await reason();
    const written = askedBeforeChange();
    expect([await reason(), await reason()]).toEqual([before, written]);

    const uses: (() => unknown)[] = [
      () => database.read({ sql: 'SELECT 1' }),
      () => database.readOne({ sql: 'SELECT 1' }, {}),
      () => tokens.noteUse({ name: 'none', id: 'none' }, '2026-01-01T00:00:00.000Z'),
      () => new Promise(setImmediate),
    ];
    for (const use of uses) {
      const newest = askedBeforeChange();
      await use();
      expect([String(use), await reason()]).toEqual([String(use), newest]);
    }
  });

  it("and all beside it are the owner's alone, whatever the umask", async () => {
    const umask = process.umask(0);
    try {
      await new SqliteAppStore(open()).insert(recordOf('shop'));
    } finally {
      process.umask(umask);
    }
    expect(await mode(join(path, '..'))).toBe('700');
    for (const ending of ['', '-wal', '-shm']) expect(await mode(path + ending)).toBe('600');
  });

  it('that others could read is closed to them', async () => {
    open().close();
    await chmod(path, 0o644);
    await new SqliteAppStore(open()).insert(recordOf('shop'));
    for (const ending of ['', '-wal', '-shm']) expect(await mode(path + ending)).toBe('600');
  });

  it('is flushed to the disk with every accepted change', () => {
    const database = open();
    const setting = () => database.read<Record<string, unknown>>({ sql: 'PRAGMA synchronous' });
    expect(setting()).toEqual([{ synchronous: 2 }]);
    expect(database.read({ sql: 'PRAGMA journal_mode' })).toEqual([{ journal_mode: 'wal' }]);
    // The marks aren't; the changes after them are again, whatever happened.
    database.change({ sql: 'UPDATE epoch SET value = 2' }, {}, 'process-end');
    expect(() => database.change({ sql: 'UPDATE epoch SET only = 2' }, {}, 'process-end')).toThrow();
    expect(setting()).toEqual([{ synchronous: 2 }]);
  });

  it.each(
    [APP_QUERIES, WORKER_QUERIES, FLEET_QUERIES, TOKEN_QUERIES]
      .flatMap((queries) => Object.entries<Query>(queries))
      .filter(([, { index }]) => index),
  )('serves %s by its index', (_name, { sql, index = '' }) => {
    const plan = open().read<{ detail: string }>({ sql: `EXPLAIN QUERY PLAN ${sql}` });
    const [, name = ''] = /EXISTS (\w+)/.exec(index) ?? [];
    expect(plan.map(({ detail }) => detail).join('\n')).toContain(`INDEX ${name}`);
  });

  it('of an older version gets what it lacks and keeps what it has', async () => {
    await new SqliteAppStore(open()).insert(recordOf('shop'));
    raw().exec(
      `DROP INDEX apps_not_deleted; UPDATE apps SET spec = '{"app_name":"shop","docker_image":"i"}'`,
    );
    const store = new SqliteAppStore(open());
    const { items } = await store.list({ limit: 1 });
    expect(items[0]?.spec).toMatchObject({ docker_image: 'i', running: true, containers_per: { server: 1 } });
    expect(
      open().read({ sql: "SELECT name FROM sqlite_master WHERE name = 'apps_not_deleted'" }),
    ).toHaveLength(1);
  });

  it('of a version that kept no history has its apps, and keeps their history from now on', async () => {
    await mkdir(join(path, '..'));
    const file = raw();
    for (const step of MIGRATIONS.slice(0, 4)) file.exec(step);
    file.exec(`
      PRAGMA user_version = 4;
      INSERT INTO apps VALUES ('shop', '{"app_name":"shop","docker_image":"i"}', 7, '{"restart":2,"release":0}', 0, 'c', 'u')`);
    file.close();
    const store = new SqliteAppStore(open());
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
    await mkdir(join(path, '..'));
    const file = raw();
    file.exec(recordedText(version, 'sqlite.sql'));
    file.close();
    const database = open();
    const [apps, fleet] = [new SqliteAppStore(database), new SqliteFleetStore(database)];
    await expectRecorded(version, { apps, fleet });
    const { report } = JSON.parse(recordedText(version, 'records.json')) as { report: StoredReport };
    expect(await fleet.reportsOf(report.report.worker_id)).toMatchObject([report]);
  });

  /** All that is there of a database: names, rights and a digest of the bytes. */
  const all = async () =>
    await Promise.all(
      (await readdir(join(path, '..'))).map(async (name) => {
        const file = join(path, '..', name);
        const digest = createHash('sha256').update(await readFile(file));
        // In -shm all who read have a place.
        return [name, await mode(file), name.endsWith('-shm') ? '' : digest.digest('hex')];
      }),
    );

  it.each([
    ['delete', 0],
    ['delete', 3],
    ['wal', 0],
  ])('of another program is not touched, with journal_mode %s and version %d', async (journal, version) => {
    await mkdir(join(path, '..'));
    const file = raw();
    file.exec(`PRAGMA journal_mode = ${journal}; CREATE TABLE contacts (name TEXT)`);
    file.exec(`PRAGMA user_version = ${version}`);
    file.close();
    await chmod(path, 0o644);
    const before = await all();
    expect(before.map(([name]) => name)).toEqual(['nebula.db']);
    expect(open).toThrow(`${path} is the database of another program`);
    expect(await all()).toEqual(before);
  });

  it('of another program that is open and has a log is not touched either', async () => {
    await mkdir(join(path, '..'));
    const file = raw();
    file.exec('PRAGMA journal_mode = WAL; CREATE TABLE contacts (name TEXT)');
    for (const ending of ['', '-wal', '-shm']) await chmod(path + ending, 0o644);
    const before = await all();
    expect(open).toThrow(`${path} is the database of another program`);
    expect(await all()).toEqual(before);
  });

  it('of a newer version is not touched', async () => {
    open().close();
    // Until its statements are collected, that connection has a log beside its file, which may go at any moment.
    const made = path;
    path = join(folder, 'newer', 'nebula.db');
    await mkdir(join(path, '..'), { mode: 0o700 });
    await copyFile(made, path);
    const newer = MIGRATIONS.length + 1;
    const file = raw();
    file.exec(`PRAGMA user_version = ${newer}`);
    file.close();
    const before = await all();
    expect(open).toThrow(StoreUnavailableError);
    expect(open).toThrow(`newer version of the program (schema ${newer}, this one knows up to ${newer - 1})`);
    expect(await all()).toEqual(before);
  });

  it('that is none says so', async () => {
    path = join(folder, 'nebula.db');
    await writeFile(path, 'not a database at all, but long enough to be taken for one'.repeat(50));
    await chmod(path, 0o644);
    const before = await all();
    expect(open).toThrow(StoreUnavailableError);
    expect(await all()).toEqual(before);
    expect(open).toThrow(/nebula\.db is no SQLite database/);
    path = join(path, 'nebula.db');
    expect(open).toThrow(StoreUnavailableError);
    expect(open).toThrow(/can't be made or opened/);
  });

  it('that another process has locked says so, once in the log, and serves again afterwards', async () => {
    const { database, lines } = openTelling();
    const store = new SqliteAppStore(database);
    const other = raw();
    other.exec('BEGIN IMMEDIATE');
    // Who only looks waits for nothing, so it would tell of locks that are gone in a moment.
    expect(await store.problem()).toMatch(/locked/);
    expect(lines).toEqual([]);
    const refused = store.insert(recordOf('shop'));
    await expect(refused).rejects.toThrow(StoreUnavailableError);
    await expect(refused).rejects.toThrow(/is locked by another process/);
    await expect(store.raiseEpoch(7)).rejects.toThrow(/is locked by another process/);
    const away = expect.stringMatching(/^the database is away .*is locked by another process/);
    expect(lines).toEqual([away]);
    // Reading goes on, which says nothing of changes.
    expect(await store.get('shop')).toBeNull();
    expect(lines).toEqual([away]);
    other.exec('ROLLBACK');
    expect(await store.problem()).toBeNull();
    expect(await store.insert(recordOf('shop'))).toBe(true);
    expect(lines).toEqual([away, 'the database is back ']);
    database.close();
    await expect(store.get('shop')).rejects.toThrow(StoreUnavailableError);
    expect(lines).toHaveLength(2);
  });

  it("on a full disk refuses what it can't keep, says so, and keeps the rest", async () => {
    const { database, lines } = openTelling();
    const store = new SqliteAppStore(database);
    await store.insert(recordOf('kept'));
    database.read({ sql: 'PRAGMA max_page_count = 20' });
    const refused = store.insert(recordOf('large', { created_at: 'x'.repeat(200_000) }));
    await expect(refused).rejects.toThrow(StoreUnavailableError);
    await expect(refused).rejects.toThrow(/the disk is full/);
    expect(await store.get('kept')).toEqual(recordOf('kept'));
    expect(await store.get('large')).toBeNull();
    // What would change nothing needs no space.
    expect(await store.replace(recordOf('kept', { revision: 9 }), 8)).toBe(false);
    const away = expect.stringMatching(/^the database is away .*the disk is full/);
    expect(lines).toEqual([away]);
    database.read({ sql: 'PRAGMA max_page_count = 100000' });
    expect(await store.insert(recordOf('small'))).toBe(true);
    expect(lines).toEqual([away, 'the database is back ']);
  });

  it('that is replaced or removed while it is open takes no more changes', async () => {
    const store = new SqliteAppStore(open());
    await store.insert(recordOf('kept'));
    await rename(path, `${path}.old`);
    await expect(store.insert(recordOf('lost'))).rejects.toThrow(/was removed or replaced while it was open/);
    expect(await store.problem()).toMatch(/start the api again/);
    await writeFile(path, '');
    await expect(store.insert(recordOf('lost'))).rejects.toThrow(StoreUnavailableError);
    await rename(`${path}.old`, path);
    expect(await store.insert(recordOf('more'))).toBe(true);
  });

  it('waits for a lock that is held for a moment', async () => {
    const store = new SqliteAppStore(open());
    const script = `
      const { DatabaseSync } = require(${JSON.stringify(
        import.meta
          .resolve('@photostructure/sqlite')
          .replace('file://', '')
          .replace(/\.mjs$/, '.cjs'),
      )});
      const database = new DatabaseSync(${JSON.stringify(path)});
      database.exec('BEGIN IMMEDIATE');
      console.log('locked');
      setTimeout(() => database.exec('ROLLBACK'), 300);`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = new Promise((resolve) => child.once('exit', resolve));
    await new Promise((resolve) => child.stdout.once('data', resolve));
    expect(await store.insert(recordOf('shop'))).toBe(true);
    expect(await exited).toBe(0);
  });

  it('that was closed can be copied alone', async () => {
    const database = open();
    await new SqliteAppStore(database).insert(recordOf('shop'));
    database.close();
    const copy = join(folder, 'copy.db');
    await copyFile(path, copy);
    path = copy;
    expect(await new SqliteAppStore(open()).get('shop')).toEqual(recordOf('shop'));
  });

  it('is opened by the module and closed with the application', async () => {
    const module = await Test.createTestingModule({
      imports: [{ module: Surroundings, global: true }, await StoreModule.forRoot({ kind: 'sqlite', path })],
    }).compile();
    const store = module.get(AppStore);
    await store.insert(recordOf('shop'));
    expect(await module.get(FleetStore).saveWorkers([{ before: null, after: workerOf('a') }])).toEqual([
      true,
    ]);
    await module.init();
    await module.close();
    await expect(store.get('shop')).rejects.toThrow(/is closed/);
    expect(await new SqliteAppStore(open()).get('shop')).toEqual(recordOf('shop'));
  });
});
