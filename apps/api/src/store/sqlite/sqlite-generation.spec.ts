import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { recordOf } from '../testing/records.js';
import { SqliteAppStore } from './sqlite-app-store.js';
import { SqliteTokenStore } from './sqlite-token-store.js';
import { SqliteFile } from './testing/sqlite-file.js';

describe('a SQLite file', () => {
  let sqlite: SqliteFile;
  beforeEach(async () => {
    sqlite = await SqliteFile.create();
  });
  afterEach(async () => await sqlite.remove());

  it('is of another generation after each change, of this connection or of another, and of the same until then', async () => {
    const database = sqlite.open();
    const [apps, tokens] = [new SqliteAppStore(database), new SqliteTokenStore(database)];
    const other = sqlite.raw();
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
    const database = sqlite.open();
    const [apps, tokens] = [new SqliteAppStore(database), new SqliteTokenStore(database)];
    const other = sqlite.raw();
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
});
