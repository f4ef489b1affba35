/** Which database keeps the apps and the state of the fleet. */
export type StoreOptions = SqliteStoreOptions | MongoStoreOptions;

/** One file, for one machine. */
export interface SqliteStoreOptions {
  kind: 'sqlite';
  /** The database file. It and its folder are made where they are missing. */
  path: string;
}

/** A MongoDB, which any number of instances share. It may be away when the api starts. */
export interface MongoStoreOptions {
  kind: 'mongo';
  /** `mongodb://…` or `mongodb+srv://…`, with user and password when they are needed. */
  url: string;
  /** Name of the database. */
  database: string;
}
