import type { AppStore } from './app-store.js';
import type { StoreOptions } from './store-options.js';

interface StoreLog {
  info(message: string): void;
  warn(message: string): void;
}

/**
 * The apps of a database without the api around it, for work on what is stored. The values of secrets are sealed in
 * it. The caller closes it.
 * @throws {StoreUnavailableError} when a file can't be opened, or the URL is none
 */
export async function openAppStore(options: StoreOptions, log: StoreLog): Promise<AppStore> {
  switch (options.kind) {
    case 'sqlite': {
      const { SqliteDatabase } = await import('./sqlite/sqlite-database.js');
      const { SqliteAppStore } = await import('./sqlite/sqlite-app-store.js');
      return new SqliteAppStore(SqliteDatabase.open(options.path));
    }
    case 'mongo': {
      const { MongoDatabase } = await import('./mongo/mongo-database.js');
      const { MongoAppStore } = await import('./mongo/mongo-app-store.js');
      return new MongoAppStore(new MongoDatabase(options, log));
    }
  }
}
