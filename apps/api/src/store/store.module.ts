import {
  type DynamicModule,
  Injectable,
  Module,
  type OnApplicationShutdown,
  type Provider,
} from '@nestjs/common';
import { AppStore } from './app-store.js';
import { FleetStore } from './fleet-store.js';
import { Keyring } from './secrets/keyring.js';
import type { SecretKey } from './secrets/secret-key.js';
import type { StoreOptions } from './store-options.js';
import { TokenStore } from './token-store.js';

/**
 * Closes the store behind everything that uses it: requests and reports have ended when this hook runs, and the publisher
 * has, whose module is imported after this one.
 */
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
  /** @param secretKeys for the values of secrets, the one that seals first; none: apps can't have secrets */
  static async forRoot(options: StoreOptions, secretKeys: readonly SecretKey[] = []): Promise<DynamicModule> {
    return {
      module: StoreModule,
      global: true,
      providers: [
        { provide: Keyring, useValue: new Keyring(secretKeys) },
        ...(await stores(options)),
        StoreShutdown,
      ],
      exports: [AppStore, FleetStore, TokenStore, Keyring],
    };
  }
}

/** Loads the adapter that is used and no other: a driver takes up to 34 MB. */
async function stores(options: StoreOptions): Promise<Provider[]> {
  switch (options.kind) {
    case 'sqlite': {
      const { sqliteStores } = await import('./sqlite/sqlite-stores.js');
      return sqliteStores(options);
    }
    case 'mongo': {
      const { mongoStores } = await import('./mongo/mongo-stores.js');
      return mongoStores(options);
    }
  }
}
