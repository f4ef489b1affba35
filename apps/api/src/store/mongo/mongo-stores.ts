import type { Provider } from '@nestjs/common';
import { ApiLog } from '../../api-log.js';
import { AppStore } from '../app-store.js';
import { FleetStore } from '../fleet-store.js';
import { Keyring } from '../secrets/keyring.js';
import { SealingAppStore } from '../secrets/sealing-app-store.js';
import type { MongoStoreOptions } from '../store-options.js';
import { TokenStore } from '../token-store.js';
import { MongoAppStore } from './mongo-app-store.js';
import { MongoDatabase } from './mongo-database.js';
import { MongoFleetStore } from './mongo-fleet-store.js';
import { MongoTokenStore } from './mongo-token-store.js';

/** The stores on one connection to MongoDB. */
export function mongoStores(options: MongoStoreOptions): Provider[] {
  return [
    {
      provide: MongoDatabase,
      useFactory: (log: ApiLog) => new MongoDatabase(options, log),
      inject: [ApiLog],
    },
    {
      provide: AppStore,
      useFactory: (database: MongoDatabase, keyring: Keyring) =>
        new SealingAppStore(new MongoAppStore(database), keyring),
      inject: [MongoDatabase, Keyring],
    },
    {
      provide: FleetStore,
      useFactory: (database: MongoDatabase) => new MongoFleetStore(database),
      inject: [MongoDatabase],
    },
    {
      provide: TokenStore,
      useFactory: (database: MongoDatabase) => new MongoTokenStore(database),
      inject: [MongoDatabase],
    },
  ];
}
