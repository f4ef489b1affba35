import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { searchLogged } from '../../../../../../libs/messaging/src/testing/searched-log.js';
import { SqliteDatabase } from '../sqlite-database.js';

/** A file that is opened as the api does and, beside that, as any other program could. */
export class SqliteFile {
  /** In a folder that is not there yet. */
  path: string;
  private readonly opened: { close(): void }[] = [];

  private constructor(readonly folder: string) {
    this.path = join(folder, 'state', 'nebula.db');
  }

  static async create(): Promise<SqliteFile> {
    return new SqliteFile(await mkdtemp(join(tmpdir(), 'nebula-sqlite-')));
  }

  /** As the api does. `remove` closes it. */
  open(): SqliteDatabase {
    const database = SqliteDatabase.open(this.path);
    this.opened.push(database);
    return database;
  }

  /** The same with the lines that its log gets, each with its reason. */
  openTelling(): { database: SqliteDatabase; lines: string[] } {
    const lines: string[] = [];
    const note = (message: string, fields?: Record<string, unknown>) => {
      searchLogged(message, fields);
      lines.push([message, fields?.['reason']].join(' '));
    };
    const database = SqliteDatabase.open(this.path, { info: note, warn: note });
    this.opened.push(database);
    return { database, lines };
  }

  /** Another connection, which waits for no lock. */
  raw(): InstanceType<typeof DatabaseSync> {
    const database = new DatabaseSync(this.path, { timeout: 0 });
    this.opened.push({ close: () => void (database.isOpen && database.close()) });
    return database;
  }

  /** All that is there of a database: names, rights and a digest of the bytes. */
  async all(): Promise<[name: string, mode: string, digest: string][]> {
    return await Promise.all(
      (await readdir(join(this.path, '..'))).map(async (name): Promise<[string, string, string]> => {
        const file = join(this.path, '..', name);
        const digest = createHash('sha256').update(await readFile(file));
        // In -shm all who read have a place.
        return [name, await modeOf(file), name.endsWith('-shm') ? '' : digest.digest('hex')];
      }),
    );
  }

  async remove(): Promise<void> {
    for (const each of this.opened.splice(0)) each.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Rights, as `chmod` takes them. */
export async function modeOf(file: string): Promise<string> {
  return ((await stat(file)).mode & 0o777).toString(8);
}
