import { type KeyTable, shownValue } from '@nebula/configuration';
import type { StoreOptions } from '../store/store-options.js';

/** Which database is used: one of the first two. */
export interface StoreConfiguration {
  mongo_url: string;
  sqlite_file: string;
  schema_name: string;
}

export const STORE_KEYS: KeyTable<StoreConfiguration> = {
  mongo_url: {
    kind: 'string',
    default: '',
    secret: true,
    description: 'where MongoDB is, like mongodb://user:password@host:27017/?replicaSet=rs0',
  },
  sqlite_file: {
    kind: 'string',
    default: '',
    description: 'SQLite file in place of MongoDB, for one api alone',
  },
  schema_name: { kind: 'string', default: 'nebula', description: 'name of the database on MongoDB' },
};

/** The database that the configuration names. */
export function storeOf({ mongo_url, schema_name, sqlite_file }: StoreConfiguration): StoreOptions {
  return mongo_url === ''
    ? { kind: 'sqlite', path: sqlite_file }
    : { kind: 'mongo', url: mongo_url, database: schema_name };
}

/** What is wrong with it, a line each. No password is shown. */
export function storeProblems(configuration: StoreConfiguration): string[] {
  const { schema_name } = configuration;
  return [
    ...addressProblems(configuration),
    ...(/^[A-Za-z0-9_-]{1,63}$/.test(schema_name)
      ? []
      : [`schema_name is ${shownValue(schema_name)} but must be 1 to 63 letters, digits, "_" and "-"`]),
  ];
}

function addressProblems({ mongo_url, sqlite_file }: StoreConfiguration): string[] {
  if (mongo_url === '' && sqlite_file === '')
    return ['mongo_url is missing: set it to the address of MongoDB (or sqlite_file, for one api alone)'];
  if (mongo_url !== '' && sqlite_file !== '')
    return ['mongo_url and sqlite_file are both set; set one of them'];
  // The address may hold a password, so it isn't shown.
  return mongo_url === '' || /^mongodb(\+srv)?:\/\/[^/]/.test(mongo_url)
    ? []
    : ['mongo_url must begin with mongodb:// or mongodb+srv:// and name a host'];
}
