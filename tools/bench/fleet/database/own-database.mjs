/**
 * An empty database for an api.
 */
import { join } from 'node:path';
import { anyMongo, startMongo } from '../../../services/mongo.mjs';
import { processorSeconds } from '../../idle/process-figures.mjs';

/** @import { StoreOptions } from '@nebula/api' */
/** @import { FleetBench } from '../fleet-bench.mjs' */

/**
 * @typedef {object} OwnDatabase
 * @property {string} name which it is, for people
 * @property {StoreOptions} store
 * @property {StoreOptions} other an empty one of the same kind, on the same server
 * @property {() => Promise<number | null>} processorSeconds since its start; null when it has no process of ours
 * @property {() => Promise<void>} remove
 */

/**
 * @param {FleetBench} bench
 * @param {StoreOptions['kind']} kind
 * @param {string} name different for each use
 * @returns {Promise<OwnDatabase>}
 */
export async function ownDatabase({ folder, run, cleanUp, say }, kind, name) {
  if (kind === 'sqlite') {
    return {
      name: 'SQLite',
      store: { kind, path: join(folder, `${name}.db`) },
      other: { kind, path: join(folder, `${name}-other.db`) },
      processorSeconds: async () => null,
      remove: async () => undefined,
    };
  }
  const database = `nebula-bench-${run}-${name}`;
  const other = `${database}-other`;
  if (process.env['MONGO_URL']) {
    const { url } = await anyMongo(say);
    return {
      name: 'MongoDB at MONGO_URL',
      store: { kind, url, database },
      other: { kind, url, database: other },
      processorSeconds: async () => null,
      remove: async () => say(`  the databases ${database} and ${other} are left at MONGO_URL`),
    };
  }
  const mongo = await startMongo(say);
  const remove = cleanUp.add('database', mongo.remove);
  return {
    name: mongo.kind,
    store: { kind, url: mongo.url, database },
    other: { kind, url: mongo.url, database: other },
    processorSeconds: () => processorSeconds(mongo.pid()),
    remove,
  };
}
