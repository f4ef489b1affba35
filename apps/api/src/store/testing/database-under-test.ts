import type { AppStore } from '../app-store.js';
import type { FleetStore } from '../fleet-store.js';
import type { TokenStore } from '../token-store.js';

export interface Stores {
  /** As the api uses it: the values of secrets are sealed underneath. */
  apps: AppStore;
  /** What it stores in. */
  raw: AppStore;
  fleet: FleetStore;
  tokens: TokenStore;
}

/** One empty database of a kind, for one test. */
export interface DatabaseUnderTest {
  /** A connection of its own, as another instance of the api would have it. */
  open(): Promise<Stores>;
  /**
   * How a process of its own opens the same database: the URL of a module that exports
   * `openStores(options): Promise<Stores>`, and what to call it with.
   */
  readonly elsewhere: { module: string; options: unknown };
  /** The texts of all specs that are stored, of apps and of revisions, in any order. */
  specTexts(): Promise<string[]>;
  /** Ends all connections and removes the database. */
  destroy(): Promise<void>;
}

export type CreateDatabase = () => Promise<DatabaseUnderTest>;
