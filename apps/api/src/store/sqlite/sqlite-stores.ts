import type { Provider } from '@nestjs/common';
import { ApiLog } from '../../api-log.js';
import { AppStore } from '../app-store.js';
import { FleetStore } from '../fleet-store.js';
import { Keyring } from '../secrets/keyring.js';
import { SealingAppStore } from '../secrets/sealing-app-store.js';
import type { SqliteStoreOptions } from '../store-options.js';
import { TokenStore } from '../token-store.js';
import { SqliteAppStore } from './sqlite-app-store.js';
import { SqliteDatabase } from './sqlite-database.js';
import { SqliteFleetStore } from './sqlite-fleet-store.js';
import { SqliteTokenStore } from './sqlite-token-store.js';

/** The stores on one SQLite file. */
export function sqliteStores({ path }: SqliteStoreOptions): Provider[] {
  return [
    {
      provide: SqliteDatabase,
      useFactory: (log: ApiLog) => SqliteDatabase.open(path, log),
      inject: [ApiLog],
    },
    {
      provide: AppStore,
      useFactory: (database: SqliteDatabase, keyring: Keyring) =>
        new SealingAppStore(new SqliteAppStore(database), keyring),
      inject: [SqliteDatabase, Keyring],
    },
    {
      provide: FleetStore,
      useFactory: (database: SqliteDatabase) => new SqliteFleetStore(database),
      inject: [SqliteDatabase],
    },
    {
      provide: TokenStore,
      useFactory: (database: SqliteDatabase) => new SqliteTokenStore(database),
      inject: [SqliteDatabase],
    },
  ];
}
