/**
 * What an api, its broker and its database do in some time.
 */

/** @import { Counts } from '../api/api-process.mjs' */
/** @import { OwnApi } from '../api/own-api.mjs' */
/** @import { OwnBroker } from '../broker/own-broker.mjs' */
/** @import { OwnDatabase } from '../database/own-database.mjs' */

/**
 * @typedef {object} Usage
 * @property {Counts} counts calls of the api
 * @property {number} api processor time, seconds
 * @property {number} broker the same
 * @property {number | null} database the same; null when it has no process of ours
 */

/**
 * @param {OwnBroker} broker
 * @param {OwnDatabase} database
 * @param {OwnApi} [api] when it runs already; its calls are counted from now on
 * @returns {Promise<(api: OwnApi) => Promise<Usage>>} tells what was used since then
 */
export async function startUsage(broker, database, api) {
  await api?.reset();
  const apiBefore = (await api?.counts())?.processor_seconds ?? 0;
  const brokerBefore = await broker.processorSeconds();
  const databaseBefore = await database.processorSeconds();
  return async (used) => {
    const counts = await used.counts();
    const databaseAfter = await database.processorSeconds();
    return {
      counts,
      api: counts.processor_seconds - apiBefore,
      broker: (await broker.processorSeconds()) - brokerBefore,
      database: databaseBefore === null || databaseAfter === null ? null : databaseAfter - databaseBefore,
    };
  };
}
