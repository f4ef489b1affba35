import type { StoreOptions } from './store-options.js';

/**
 * Finds out whether a store can be opened, before anything else is begun. A server that is away is no reason
 * against it; a URL that is none is, and a database that a newer version of the program has written.
 * @throws {StoreUnavailableError} without a password
 */
export async function checkStore(options: StoreOptions): Promise<void> {
  switch (options.kind) {
    case 'sqlite': {
      const { SqliteDatabase } = await import('./sqlite/sqlite-database.js');
      SqliteDatabase.open(options.path).close();
      return;
    }
    case 'mongo': {
      const { checkMongoSchema } = await import('./mongo/mongo-database.js');
      const { checkMongoUrl } = await import('./mongo/mongo-options.js');
      checkMongoUrl(options);
      await checkMongoSchema(options);
    }
  }
}
