import type { AppStore } from './app-store.js';
import type { StoreLog } from './outage-log.js';
import type { StoreOptions } from './store-options.js';
import type { TokenStore } from './token-store.js';

/**
 * The apps of a database without the api around it, for work on what is stored. The values of secrets are sealed in
 * it. The caller closes it.
 * @param use as that of `openStores`
 * @throws {StoreUnavailableError} when a file can't be opened, or the URL is none
 */
export async function openAppStore(
  options: StoreOptions,
  log: StoreLog,
  use = { asItIs: false },
): Promise<AppStore> {
  return (await openStores(options, log, use)).apps;
}

/** What is kept in a database. All of it ends with `apps.close()`. */
export interface OpenStores {
  apps: AppStore;
  tokens: TokenStore;
  /**
   * Marks a database that others reach while a backup is brought in, so that no api takes a part of it for the whole.
   * `begin` resolves when nobody else writes any more: after ten seconds, with MongoDB.
   */
  restoring: { begin(): Promise<void>; end(): Promise<void> };
}

/**
 * As `openAppStore`, with what is kept beside the apps.
 * @param use `asItIs` for a database whose schema stays as it is, and that is not made. One of an older version, which may
 * still be in use, is refused by an `IncompatibleStoreError`: at once, or with MongoDB when something is read
 */
export async function openStores(
  options: StoreOptions,
  log: StoreLog,
  use = { asItIs: false },
): Promise<OpenStores> {
  switch (options.kind) {
    case 'sqlite': {
      const { SqliteDatabase } = await import('./sqlite/sqlite-database.js');
      const { SqliteAppStore } = await import('./sqlite/sqlite-app-store.js');
      const { SqliteTokenStore } = await import('./sqlite/sqlite-token-store.js');
      const database = use.asItIs
        ? SqliteDatabase.openAsItIs(options.path, log)
        : SqliteDatabase.open(options.path, log);
      // A restore makes a file that nobody knows yet.
      const restoring = { begin: async () => {}, end: async () => {} };
      return { apps: new SqliteAppStore(database), tokens: new SqliteTokenStore(database), restoring };
    }
    case 'mongo': {
      const { MongoDatabase } = await import('./mongo/mongo-database.js');
      const { MONGO_LIMITS } = await import('./mongo/mongo-options.js');
      const { MongoAppStore } = await import('./mongo/mongo-app-store.js');
      const { MongoTokenStore } = await import('./mongo/mongo-token-store.js');
      const database = new MongoDatabase(options, log, MONGO_LIMITS, use);
      const restoring = { begin: () => database.beginRestore(), end: () => database.endRestore() };
      return { apps: new MongoAppStore(database), tokens: new MongoTokenStore(database), restoring };
    }
  }
}
