/** Which database keeps the apps and the reports. */
export interface StoreOptions {
  kind: 'sqlite';
  /** The database file. It and its folder are made where they are missing. */
  path: string;
}
