import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { comparePositions } from '@nebula/contracts';
import { DatabaseSync } from '@photostructure/sqlite';
import { existsSync, writeFileSync } from 'node:fs';
import { appendFile, chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SEARCHED_LINES } from '../../../../libs/messaging/src/testing/searched-log.js';
import { openAppStore } from '../store/open-app-store.js';
import { MIGRATIONS } from '../store/sqlite/schema.js';
import { raiseSchema } from '../store/testing/newer-schema.js';
import { recordOf } from '../store/testing/records.js';
import { loadRestoreConfiguration, loadStoreConfiguration, runBackup, runRestore } from './run-backup.js';

let folder: string;
let lines: string[];
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-backup-'));
  lines = [];
  file = join(folder, 'nebula.backup');
  await writeFile(join(folder, 'conf.json'), '{}');
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

const say = (line: string) => void lines.push(line);
const sources = (name: string) => ({
  environment: { SQLITE_FILE: join(folder, name) },
  file: join(folder, 'conf.json'),
});
const configuration = (name: string) => loadStoreConfiguration(sources(name));
const backUp = async () => await runBackup(configuration('nebula.db'), file, say);
const restoreInto = async (name: string, now?: number) =>
  await runRestore(loadRestoreConfiguration(sources(name)), file, {
    say,
    ...(now === undefined ? {} : { now }),
  });

async function withApps(name: string, work: (apps: string[]) => void): Promise<void> {
  const store = await openAppStore({ kind: 'sqlite', path: join(folder, name) }, SEARCHED_LINES);
  const { items } = await store.list({ limit: 10 });
  await store.close();
  work(items.map(({ app_name }) => app_name));
}

beforeEach(async () => {
  const store = await openAppStore({ kind: 'sqlite', path: join(folder, 'nebula.db') }, SEARCHED_LINES);
  await store.insert(recordOf('shop'));
  await store.replace(recordOf('shop', { revision: 2 }), 1);
  await store.close();
});

describe('backup and restore', () => {
  it('bring the apps of a database into a new file, which only its owner can read', async () => {
    expect(await backUp()).toBe(0);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await restoreInto('other.db')).toBe(0);
    await withApps('other.db', (apps) => expect(apps).toEqual(['shop']));
    const words = '1 apps (deleted ones too), 1 earlier revisions, 0 tokens';
    expect(lines).toEqual([
      `${file} has ${words}`,
      `${file} is a whole backup: ${words}`,
      `restored: ${words}; it wins over what streams and workers have, under a higher epoch`,
    ]);
    const left = (await readdir(folder)).filter((name) => /part|restoring/.test(name));
    expect(left).toEqual([]);
  });

  it('win over what was done after an earlier restore of the same file, and say where the clock can not be right', async () => {
    const positionIn = async (name: string, change: boolean) => {
      const store = await openAppStore({ kind: 'sqlite', path: join(folder, name) }, SEARCHED_LINES);
      if (change) await store.replace(recordOf('shop', { revision: 3 }), 2);
      const position = { epoch: await store.epoch(), revision: (await store.get('shop'))?.revision ?? 0 };
      await store.close();
      return position;
    };
    await backUp();
    const at = Date.parse('2026-11-28T12:00:00Z');
    expect(await restoreInto('first.db', at)).toBe(0);
    const between = await positionIn('first.db', true);
    expect(await restoreInto('second.db', at + 1_000)).toBe(0);
    // By this a worker takes the one in place of the other, with no stream left that could tell of either.
    expect(comparePositions(await positionIn('second.db', false), between)).toBeGreaterThan(0);
    expect(lines.filter((line) => line.includes('clock'))).toEqual([]);

    expect(await restoreInto('behind.db', 0)).toBe(0);
    expect(await positionIn('behind.db', false)).toEqual({ epoch: 2, revision: 2 });
    expect(lines.at(-1)).toBe(
      'the clock of this machine (1970-01-01T00:00:00.000Z) is behind the last change in the backup (2026-01-01T00:00:00.000Z): set it and restore anew, or what was done after an earlier restore may win',
    );
  });

  it('take the database while another process uses it', async () => {
    const api = await openAppStore({ kind: 'sqlite', path: join(folder, 'nebula.db') }, SEARCHED_LINES);
    await api.insert(recordOf('in the log alone'));
    expect(await backUp()).toBe(0);
    await api.close();
    expect(await readFile(file, 'utf8')).toContain('in the log alone');
  });

  it('overwrite neither a backup nor a database', async () => {
    await backUp();
    expect(await backUp()).toBe(1);
    expect(lines.at(-1)).toBe(`${file} is there already; name another file`);
    expect(await restoreInto('nebula.db')).toBe(1);
    expect(lines.at(-1)).toBe(
      `sqlite_file: ${join(folder, 'nebula.db')} is there already; move it away first`,
    );
  });

  it('find nothing to back up in a database that is not there, or has nothing', async () => {
    expect(await runBackup(configuration('typo.db'), file, say)).toBe(1);
    const empty = await openAppStore({ kind: 'sqlite', path: join(folder, 'empty.db') }, SEARCHED_LINES);
    await empty.close();
    expect(await runBackup(configuration('empty.db'), file, say)).toBe(1);
    expect(lines).toEqual([
      `sqlite_file: there is no ${join(folder, 'typo.db')}`,
      'the database is empty; is sqlite_file right?',
    ]);
    expect(await readdir(folder)).not.toContain('typo.db');
  });

  it('leave a database alone that was made while the backup was brought in', async () => {
    await backUp();
    const restoring = restoreInto('other.db');
    // An api that was forgotten is started by its service manager.
    while (!existsSync(join(folder, 'other.db.restoring'))) await new Promise(setImmediate);
    writeFileSync(join(folder, 'other.db'), 'of somebody else', { flag: 'wx' });
    expect(await restoring).toBe(1);
    expect(lines.at(-1)).toBe(
      `sqlite_file: ${join(folder, 'other.db')} was made meanwhile: end all apis that use it, and move it away`,
    );
    expect(await readFile(join(folder, 'other.db'), 'utf8')).toBe('of somebody else');
    expect((await readdir(folder)).filter((name) => name.includes('restoring'))).toEqual([]);
  });

  it('take no file beside which the log of another one lies', async () => {
    await backUp();
    await writeFile(join(folder, 'other.db-wal'), 'of before');
    expect(await restoreInto('other.db')).toBe(1);
    expect(lines.at(-1)).toBe(
      `sqlite_file: ${join(folder, 'other.db-wal')} is there already; move it away first`,
    );
  });

  it('make lines that no reader takes apart', async () => {
    const store = await openAppStore({ kind: 'sqlite', path: join(folder, 'nebula.db') }, SEARCHED_LINES);
    await store.insert(recordOf('odd', { reason: 'a\u2028b\u2029c' }));
    await store.close();
    await backUp();
    expect(await readFile(file, 'utf8')).not.toMatch(/[\u2028\u2029]/);
    expect(await restoreInto('other.db')).toBe(0);
    const restored = await openAppStore({ kind: 'sqlite', path: join(folder, 'other.db') }, SEARCHED_LINES);
    expect(await restored.get('odd')).toMatchObject({ reason: 'a\u2028b\u2029c' });
    await restored.close();
  });

  it('leave a database of a newer version alone, and bid nobody wait for it', async () => {
    await raiseSchema(join(folder, 'nebula.db'));
    expect(await backUp()).toBe(1);
    expect(lines).toEqual([
      expect.stringMatching(/nebula\.db was written by a newer version of the program \(schema 99, .*\)$/),
    ]);
    expect(await readdir(folder)).not.toContain('nebula.backup');
  });

  it('leave a database of an older version as it is, which may be in use by that', async () => {
    const path = join(folder, 'older.db');
    const older = new DatabaseSync(path);
    older.exec('PRAGMA journal_mode = WAL');
    for (const step of MIGRATIONS.slice(0, 4)) older.exec(step);
    older.exec(`
      PRAGMA user_version = 4;
      INSERT INTO apps VALUES ('shop', '{"app_name":"shop","docker_image":"i"}', 7, '{"restart":2,"release":0}', 0, 'c', 'u')`);
    older.close();
    await chmod(path, 0o640);
    const before = await readFile(path);
    expect(await runBackup(configuration('older.db'), file, say)).toBe(1);
    expect(lines).toEqual([
      `${path} was written by an older version of the program (schema 4, this one has ${MIGRATIONS.length}) and stays as it is: run the command of the version that uses it`,
    ]);
    expect((await readFile(path)).equals(before)).toBe(true);
    expect((await stat(path)).mode & 0o777).toBe(0o640);
    expect(await readdir(folder)).not.toContain('nebula.backup');
  });

  it('change nothing of a database that is backed up, not even who may read it', async () => {
    const path = join(folder, 'nebula.db');
    await chmod(path, 0o640);
    const before = await readFile(path);
    expect(await backUp()).toBe(0);
    expect((await readFile(path)).equals(before)).toBe(true);
    expect((await stat(path)).mode & 0o777).toBe(0o640);
  });

  it('say which file is missing', async () => {
    expect(await restoreInto('other.db')).toBe(1);
    expect(lines).toEqual([`there is no ${file}`]);
  });

  it('say which folder is missing', async () => {
    file = join(folder, 'nowhere', 'nebula.backup');
    expect(await backUp()).toBe(1);
    expect(lines).toEqual([`there is no folder ${join(folder, 'nowhere')}`]);
  });
});

describe('a file that is no whole backup', () => {
  const edit = async (change: (text: string) => string) => {
    await writeFile(file, change(await readFile(file, 'utf8')));
  };
  const withoutLast = (text: string) => `${text.trimEnd().split('\n').slice(0, -1).join('\n')}\n`;

  it.each<[string, string, () => Promise<void>]>([
    [
      'of another program',
      'the file is no backup of Nebula: its first line is not the header that "backup" writes',
      () => writeFile(file, 'PGDMP\u0001\u000e\n'),
    ],
    ['empty', 'the file is empty, so it is no backup of Nebula', () => writeFile(file, '')],
    [
      'of a newer version',
      'the backup has version 9 (made by Nebula "3.0.0"), and this program reads version 1: restore it with the program that made it, or a later one',
      () => edit((text) => text.replace('"version":1', '"version":9')),
    ],
    ['cut off', 'the backup is cut off after line 4', () => edit(withoutLast)],
    [
      'lacking a line',
      'the backup has 3 lines before its end, which says 4',
      () => edit((text) => text.replace(/^.*"kind":"revision".*\n/m, '')),
    ],
    [
      'changed',
      'the backup was changed after it was made: its digest is another',
      () => edit((text) => text.replaceAll('shop:1', 'shop:2')),
    ],
    [
      'with a line too many',
      'line 6 is behind the end of the backup',
      () => appendFile(file, '{"kind":"numbers"}\n'),
    ],
    [
      'with a line that is none',
      'line 2 of the backup is no JSON object',
      () => edit((text) => text.replace('{"kind":"app"', '"kind":"app"')),
    ],
    [
      'with an app that has no image',
      'line 2 of the backup has a spec without docker_image (app shop)',
      () => edit((text) => text.replace('"docker_image":"shop:1"', '"docker_image":1')),
    ],
  ])('%s: is refused in one sentence, and nothing is made', async (_what, problem, spoil) => {
    await backUp();
    await spoil();
    expect(await restoreInto('other.db')).toBe(1);
    expect(lines.slice(1)).toEqual([problem]);
    expect(await readdir(folder)).not.toContain('other.db');
  });
});
