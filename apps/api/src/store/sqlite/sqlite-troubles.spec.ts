import { spawn } from 'node:child_process';
import { rename, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StoreUnavailableError } from '../app-store.js';
import { recordOf } from '../testing/records.js';
import { SqliteAppStore } from './sqlite-app-store.js';
import { SqliteFile } from './testing/sqlite-file.js';

describe('a SQLite file', () => {
  let sqlite: SqliteFile;
  beforeEach(async () => {
    sqlite = await SqliteFile.create();
  });
  afterEach(async () => await sqlite.remove());

  it('that another process has locked says so, once in the log, and serves again afterwards', async () => {
    const { database, lines } = sqlite.openTelling();
    const store = new SqliteAppStore(database);
    const other = sqlite.raw();
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
    const { database, lines } = sqlite.openTelling();
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
    const store = new SqliteAppStore(sqlite.open());
    await store.insert(recordOf('kept'));
    await rename(sqlite.path, `${sqlite.path}.old`);
    await expect(store.insert(recordOf('lost'))).rejects.toThrow(/was removed or replaced while it was open/);
    expect(await store.problem()).toMatch(/start the api again/);
    await writeFile(sqlite.path, '');
    await expect(store.insert(recordOf('lost'))).rejects.toThrow(StoreUnavailableError);
    await rename(`${sqlite.path}.old`, sqlite.path);
    expect(await store.insert(recordOf('more'))).toBe(true);
  });

  it('waits for a lock that is held for a moment', async () => {
    const store = new SqliteAppStore(sqlite.open());
    const script = `
      const { DatabaseSync } = require(${JSON.stringify(
        import.meta
          .resolve('@photostructure/sqlite')
          .replace('file://', '')
          .replace(/\.mjs$/, '.cjs'),
      )});
      const database = new DatabaseSync(${JSON.stringify(sqlite.path)});
      database.exec('BEGIN IMMEDIATE');
      console.log('locked');
      setTimeout(() => database.exec('ROLLBACK'), 300);`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = new Promise((resolve) => child.once('exit', resolve));
    await new Promise((resolve) => child.stdout.once('data', resolve));
    expect(await store.insert(recordOf('shop'))).toBe(true);
    expect(await exited).toBe(0);
  });
});
