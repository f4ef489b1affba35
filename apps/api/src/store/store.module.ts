import {
  type DynamicModule,
  Injectable,
  Module,
  type OnApplicationShutdown,
  type Provider,
} from '@nestjs/common';
import { ApiLog } from '../api-log.js';
import { AppStore } from './app-store.js';
import { FleetStore } from './fleet-store.js';
import { MongoAppStore } from './mongo/mongo-app-store.js';
import { MongoDatabase } from './mongo/mongo-database.js';
import { MongoFleetStore } from './mongo/mongo-fleet-store.js';
import { SqliteAppStore } from './sqlite/sqlite-app-store.js';
import { SqliteDatabase } from './sqlite/sqlite-database.js';
import { SqliteFleetStore } from './sqlite/sqlite-fleet-store.js';
import type { MongoStoreOptions, StoreOptions } from './store-options.js';

/** Closes the store behind everything that uses it: requests and reports have ended when this hook runs. */
@Injectable()
class StoreShutdown implements OnApplicationShutdown {
  constructor(private readonly store: AppStore) {}

  async onApplicationShutdown(): Promise<void> {
    await this.store.close();
  }
}

/**
 * The one place that chooses a database. Global, since every feature keeps its state there; imported once, by
 * the root module. The start fails with `StoreUnavailableError` when a file can't be opened, and not when a server
 * is away.
 */
@Module({})
export class StoreModule {
  static forRoot(options: StoreOptions): DynamicModule {
    return {
      module: StoreModule,
      global: true,
      providers: [...stores(options), StoreShutdown],
      exports: [AppStore, FleetStore],
    };
  }
}

function stores(options: StoreOptions): Provider[] {
  switch (options.kind) {
    case 'sqlite':
      return sqliteStores(options.path);
    case 'mongo':
      return mongoStores(options);
  }
}

function sqliteStores(path: string): Provider[] {
  return [
    { provide: SqliteDatabase, useFactory: () => SqliteDatabase.open(path) },
    {
      provide: AppStore,
      useFactory: (database: SqliteDatabase) => new SqliteAppStore(database),
      inject: [SqliteDatabase],
    },
    {
      provide: FleetStore,
      useFactory: (database: SqliteDatabase) => new SqliteFleetStore(database),
      inject: [SqliteDatabase],
    },
  ];
}

function mongoStores(options: MongoStoreOptions): Provider[] {
  return [
    {
      provide: MongoDatabase,
      useFactory: (log: ApiLog) => new MongoDatabase(options, log),
      inject: [ApiLog],
    },
    {
      provide: AppStore,
      useFactory: (database: MongoDatabase) => new MongoAppStore(database),
      inject: [MongoDatabase],
    },
    {
      provide: FleetStore,
      useFactory: (database: MongoDatabase) => new MongoFleetStore(database),
      inject: [MongoDatabase],
    },
  ];
}
