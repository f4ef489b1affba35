import { rabbitConnection } from '@nebula/configuration';
import { startingWith } from '@nebula/lifecycle';
import { BrokerKeeper, RabbitFeed, RabbitReportStrategy, RareLog } from '@nebula/messaging';
import type { ApiOptions } from '../api-options.js';
import { parseSecretKeys } from '../store/secrets/secret-key.js';
import type { ApiConfiguration } from './configuration.js';
import { brokerSetupOf, keepsBroker } from './setup-configuration.js';
import { storeOf } from './store-keys.js';

/** Store and transports of an api of its own. */
export interface Adapters
  extends Pick<ApiOptions, 'store' | 'secret_keys' | 'feeds' | 'reports' | 'readiness'> {
  /** Ends the connections that the api doesn't end itself; to be called after it has ended. */
  close: () => Promise<void>;
}

/**
 * The one place that decides what the services use: MongoDB (or a SQLite file) for the state, RabbitMQ between api and workers. What
 * publishes and what takes reports have a connection each, since a broker that is short of memory blocks
 * publishers.
 * @throws {StartError} when a file that the configuration names can't be read
 */
export function adapters(configuration: ApiConfiguration): Adapters {
  const { rabbit_region: region } = configuration;
  const keeper = keeperOf(configuration);
  const connection = {
    ...startingWith(() => rabbitConnection(configuration)),
    ...(keeper ? { refused: () => keeper.suspect() } : {}),
    told: new RareLog(),
  };
  const feed = new RabbitFeed({ ...connection, region, connection_name: 'nebula-api feed' });
  keeper?.start();
  return {
    store: storeOf(configuration),
    secret_keys: parseSecretKeys(configuration.secret_keys).keys ?? [],
    feeds: [feed],
    reports: new RabbitReportStrategy({ ...connection, connection_name: 'nebula-api reports' }),
    readiness: keeper ? [{ name: 'broker', problem: async () => keeper.problem() }] : [],
    close: async () => {
      await Promise.all([feed.close(), keeper?.close()]);
    },
  };
}

/** Null when no administrator is known. */
function keeperOf(configuration: ApiConfiguration): BrokerKeeper | null {
  if (!keepsBroker(configuration)) return null;
  const { verify_interval_seconds } = configuration;
  return new BrokerKeeper(brokerSetupOf(configuration), verify_interval_seconds * 1_000);
}
