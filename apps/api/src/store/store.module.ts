import {
  type DynamicModule,
  Injectable,
  Module,
  type OnApplicationShutdown,
  type Provider,
} from '@nestjs/common';
import { AppStore } from './app-store.js';
import { FleetStore } from './fleet-store.js';
import { SqliteAppStore } from './sqlite/sqlite-app-store.js';
import { SqliteDatabase } from './sqlite/sqlite-database.js';
import { SqliteFleetStore } from './sqlite/sqlite-fleet-store.js';
import type { StoreOptions } from './store-options.js';

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
 * the root module. The start fails with `StoreUnavailableError` when the database can't be opened.
 */
@Module({})
export class StoreModule {
  static forRoot(options: StoreOptions): DynamicModule {
    return {
      module: StoreModule,
      global: true,
      providers: [...sqliteStores(options.path), StoreShutdown],
      exports: [AppStore, FleetStore],
    };
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
