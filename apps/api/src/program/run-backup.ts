import { access, link, rm } from 'node:fs/promises';
import { configured, EXIT, programVersion } from '@nebula/lifecycle';
import type { Sources } from '@nebula/configuration';
import { instant } from '../clock.js';
import { IncompatibleStoreError, StoreUnavailableError } from '../store/app-store.js';
import { linesOf, writeBackupFile } from '../store/backup/backup-file.js';
import { type BackupCounts, BackupError, counted, NOTHING } from '../store/backup/backup-format.js';
import { backupText, parsedBackup } from '../store/backup/backup-text.js';
import { isEmpty, requireEmpty, restore } from '../store/backup/restore.js';
import { SecretsLook } from '../store/backup/secrets-look.js';
import { storedEntries } from '../store/backup/stored-entries.js';
import { openStores, type OpenStores } from '../store/open-app-store.js';
import { Keyring } from '../store/secrets/keyring.js';
import { parseSecretKeys } from '../store/secrets/secret-key.js';
import type { StoreOptions } from '../store/store-options.js';
import {
  SEALED_STORE_KEYS,
  type SealedStoreConfiguration,
  sealedStoreProblems,
  STORE_KEYS,
  type StoreConfiguration,
  storeOf,
  storeProblems,
} from './store-keys.js';

type Say = (line: string) => void;

/** Has a restore go on though the keys of its secrets are missing. */
export const WITHOUT_KEYS = '--without-keys';

const toOutput: Say = (line) => void process.stdout.write(`${line}\n`);

/**
 * Reads environment and conf.json, as far as they say where the database is.
 * @throws {StartError} with a line for each value that is wrong
 */
export function loadStoreConfiguration(sources?: Sources): StoreConfiguration {
  return configured(STORE_KEYS, sources, storeProblems);
}

/**
 * As `loadStoreConfiguration`, with the keys of the secrets that are restored.
 * @throws {StartError} with a line for each value that is wrong
 */
export function loadRestoreConfiguration(sources?: Sources): SealedStoreConfiguration {
  return configured(SEALED_STORE_KEYS, sources, sealedStoreProblems);
}

/**
 * Writes all of a database that can't be made anew into a new file. Apis may work meanwhile, and nothing of the database
 * is changed: one of an older version, which may be in use by that, is refused.
 * @returns the exit code, 1 when it could not be done; then there is no file
 */
export async function runBackup(
  configuration: StoreConfiguration,
  file: string,
  say: Say = toOutput,
): Promise<number> {
  return await telling(say, async () => {
    let counts = NOTHING;
    const store = storeOf(configuration);
    if (store.kind === 'sqlite' && !(await exists(store.path)))
      throw new BackupError(`sqlite_file: there is no ${store.path}`);
    await looking(store, async (stores) => {
      if (await isEmpty(stores))
        throw new BackupError(
          `the database is empty; is ${store.kind === 'sqlite' ? 'sqlite_file' : 'schema_name'} right?`,
        );
      const entries = (async function* () {
        for await (const entry of storedEntries(stores)) {
          counts = counted(counts, entry);
          yield entry;
        }
      })();
      const program = programVersion(new URL('../../package.json', import.meta.url));
      await writeBackupFile(file, backupText(entries, { program, made_at: new Date().toISOString() }));
    });
    say(`${file} has ${inWords(counts)}`);
  });
}

/** What a restore may be told. */
export interface RestoreOptions {
  say?: Say;
  /** Milliseconds since 1970. */
  now?: number;
  /** Whether it goes on when secrets can't be read with the keys of the configuration. */
  withoutKeys?: boolean;
}

/**
 * Brings a backup into an empty database, of the same kind or of another.
 * @returns the exit code, 1 when it could not be done. A file that is no whole backup, or has apps whose secrets the keys of
 * the configuration can't open, changes nothing.
 */
export async function runRestore(
  configuration: SealedStoreConfiguration,
  file: string,
  { say = toOutput, now = Date.now(), withoutKeys = false }: RestoreOptions = {},
): Promise<number> {
  return await telling(say, async () => {
    let counts = NOTHING;
    let lastChange = 0;
    const tokens: string[] = [];
    const secrets = new SecretsLook(new Keyring(parseSecretKeys(configuration.secret_keys).keys ?? []));
    for await (const entry of parsedBackup(linesOf(file))) {
      counts = counted(counts, entry);
      secrets.see(entry);
      if (entry.kind === 'token') tokens.push(entry.token.name);
      if (entry.kind === 'app') lastChange = Math.max(lastChange, Date.parse(entry.app.updated_at));
    }
    say(`${file} is a whole backup: ${inWords(counts)}`);
    for (const loss of secrets.losses()) say(loss);
    tellUnreadable(secrets.problems(), say, withoutKeys);
    const store = storeOf(configuration);
    const restored =
      store.kind === 'sqlite'
        ? await intoFile(store.path, file, now)
        : await intoServer(store, file, now, say);
    say(`restored: ${inWords(restored)}; it wins over what streams and workers have, under a higher epoch`);
    if (tokens.length > 0)
      say(`these tokens are valid again, also those revoked since: ${tokens.join(', ')}`);
    if (now < lastChange)
      say(
        `the clock of this machine (${instant(now)}) is behind the last change in the backup (${instant(lastChange)}): set it and restore anew, or what was done after an earlier restore may win`,
      );
  });
}

/** @throws {BackupError} when there are any, unless that is wanted */
function tellUnreadable(problems: readonly string[], say: Say, withoutKeys: boolean): void {
  if (problems.length === 0) return;
  for (const problem of problems) say(problem);
  if (!withoutKeys)
    throw new BackupError(
      `nothing was restored, since apps whose secrets can't be read would not be sent out: add the keys of the time of the backup to secret_keys, behind those that are there, or restore all the same with ${WITHOUT_KEYS} behind the file`,
    );
  say(
    'those apps are not sent out until the apis have these keys, or the apps new values; their containers go on',
  );
}

/** The database file appears when all is in it. */
async function intoFile(path: string, file: string, now: number): Promise<BackupCounts> {
  // A log that is left of another file would be replayed over this one.
  for (const there of databaseFiles(path)) {
    if (await exists(there))
      throw new BackupError(`sqlite_file: ${there} is there already; move it away first`);
  }
  const unfinished = `${path}.restoring`;
  await removeDatabase(unfinished);
  try {
    const store = { kind: 'sqlite', path: unfinished } as const;
    const counts = await withStores(store, (stores) => restore(stores, parsedBackup(linesOf(file)), now));
    await appear(unfinished, path);
    return counts;
  } finally {
    await removeDatabase(unfinished);
  }
}

/** Gives a file its name, unless there is one of that name by now: a rename would take its place without a word. */
async function appear(unfinished: string, path: string): Promise<void> {
  try {
    await link(unfinished, path);
  } catch (error) {
    if (!(await exists(path))) throw error;
    throw new BackupError(
      `sqlite_file: ${path} was made meanwhile: end all apis that use it, and move it away`,
      { cause: error },
    );
  }
}

/** With the log, which is empty when the database was closed, and what belongs to that. */
async function removeDatabase(path: string): Promise<void> {
  for (const file of databaseFiles(path)) await rm(file, { force: true });
}

function databaseFiles(path: string): string[] {
  return [path, `${path}-wal`, `${path}-shm`];
}

async function intoServer(store: StoreOptions, file: string, now: number, say: Say): Promise<BackupCounts> {
  // Before this version is noted in it: a wrong name can be that of a database that an older one uses.
  await looking(store, requireEmpty);
  return await withStores(store, async (stores) => {
    await requireEmpty(stores);
    say('nobody else can use the database until all is in it; apis that have it open are given some seconds');
    await partly(() => stores.restoring.begin());
    try {
      // Until now one that has it open could write.
      await requireEmpty(stores);
    } catch (error) {
      await partly(() => stores.restoring.end());
      throw error;
    }
    return await partly(async () => {
      const counts = await restore(stores, parsedBackup(linesOf(file)), now);
      await stores.restoring.end();
      return counts;
    });
  });
}

/** Does what leaves, where it fails, a database that nobody may take for whole. */
async function partly<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isKnown = error instanceof BackupError || error instanceof StoreUnavailableError;
    if (!isKnown) throw error;
    throw new BackupError(
      `${error.message}; the database has a part of the backup now: drop it, and restore again before an api is started`,
      { cause: error },
    );
  }
}

/** As `withStores`, for work that changes nothing. */
async function looking<T>(store: StoreOptions, work: (stores: OpenStores) => Promise<T>): Promise<T> {
  return await withStores(store, work, { asItIs: true });
}

async function withStores<T>(
  store: StoreOptions,
  work: (stores: OpenStores) => Promise<T>,
  use = { asItIs: false },
): Promise<T> {
  // A failure ends the command, with a line of its own.
  const stores = await openStores(store, { info: () => undefined, warn: () => undefined }, use);
  try {
    return await work(stores);
  } finally {
    await stores.apps.close();
  }
}

async function telling(say: Say, work: () => Promise<void>): Promise<number> {
  try {
    await work();
    return EXIT.stopped;
  } catch (error) {
    if (error instanceof BackupError || error instanceof IncompatibleStoreError) say(error.message);
    else if (error instanceof StoreUnavailableError)
      say(`the database can not be used (${error.message}); run this again when it can`);
    else throw error;
    return EXIT.failed;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

function inWords({ apps, revisions, tokens }: BackupCounts): string {
  return `${apps} apps (deleted ones too), ${revisions} earlier revisions, ${tokens} tokens`;
}
