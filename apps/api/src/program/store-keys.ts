import { type KeyTable, shownValue } from '@nebula/configuration';
import { parseSecretKeys } from '../store/secrets/secret-key.js';
import type { StoreOptions } from '../store/store-options.js';

/** Defined in a bundle alone: whether SQLite is in it, which is no JavaScript. */
declare const NEBULA_HAS_SQLITE: boolean | undefined;

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
    description:
      'SQLite file in place of MongoDB, for one api alone that runs from the sources; bundles and images have no SQLite',
  },
  schema_name: { kind: 'string', default: 'nebula', description: 'name of the database on MongoDB' },
};

/** With the keys of what is sealed in it. */
export interface SealedStoreConfiguration extends StoreConfiguration {
  secret_keys: string[];
}

export const SEALED_STORE_KEYS: KeyTable<SealedStoreConfiguration> = {
  ...STORE_KEYS,
  secret_keys: {
    kind: 'list',
    default: [],
    secret: true,
    description:
      'keys for the values of secret_env_vars in the database, each <id>:<32 bytes in base64>; the first encrypts, all decrypt. Apps can have no secrets when it is not set',
  },
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

/** As `storeProblems`, with those of the keys. */
export function sealedStoreProblems(configuration: SealedStoreConfiguration): string[] {
  const { problems = [] } = parseSecretKeys(configuration.secret_keys);
  return [...storeProblems(configuration), ...problems.map((line) => `secret_keys: ${line}`)];
}

function addressProblems({ mongo_url, sqlite_file }: StoreConfiguration): string[] {
  if (sqlite_file !== '' && !hasSqlite())
    return [
      'sqlite_file: this program is bundled without SQLite; set mongo_url in its place, or run the api from the sources (npm run api)',
    ];
  if (mongo_url === '' && sqlite_file === '') {
    const other = hasSqlite() ? ' (or sqlite_file, for one api alone)' : '';
    return [`mongo_url is missing: set it to the address of MongoDB${other}`];
  }
  if (mongo_url !== '' && sqlite_file !== '')
    return ['mongo_url and sqlite_file are both set; set one of them'];
  // The address may hold a password, so it isn't shown.
  return mongo_url === '' || /^mongodb(\+srv)?:\/\/[^/]/.test(mongo_url)
    ? []
    : ['mongo_url must begin with mongodb:// or mongodb+srv:// and name a host'];
}

function hasSqlite(): boolean {
  return typeof NEBULA_HAS_SQLITE === 'boolean' ? NEBULA_HAS_SQLITE : true;
}
