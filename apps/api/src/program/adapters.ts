import { rabbitConnection } from '@nebula/configuration';
import { startingWith } from '@nebula/lifecycle';
import {
  BrokerKeeper,
  RabbitFeed,
  RabbitReportStrategy,
  RareLog,
  RegionalReports,
  type RegionReports,
} from '@nebula/messaging';
import type { ApiOptions, ReadinessCheck } from '../api-options.js';
import { parseSecretKeys } from '../store/secrets/secret-key.js';
import type { ApiConfiguration } from './configuration.js';
import { brokerSetupOf, keepsBroker } from './kept-broker.js';
import { readRegions, type RegionConfiguration } from './regions.js';
import { storeOf } from './store-keys.js';

/** Store and transports of an api of its own. */
export interface Adapters
  extends Pick<ApiOptions, 'store' | 'secret_keys' | 'feeds' | 'reports' | 'readiness'> {
  /** Ends the connections that the api doesn't end itself; to be called after it has ended. */
  close: () => Promise<void>;
}

/**
 * The one place that decides what the services use: MongoDB (or a SQLite file) for the state, RabbitMQ between api and
 * workers, one for each region.
 * @throws {StartError} when a file that the configuration names can't be read
 */
export function adapters(configuration: ApiConfiguration): Adapters {
  const { verify_interval_seconds } = configuration;
  const brokers = readRegions(configuration).regions.map((region) => broker(region, verify_interval_seconds));
  const [only, ...more] = brokers.map(({ reports }) => reports);
  return {
    store: storeOf(configuration),
    secret_keys: parseSecretKeys(configuration.secret_keys).keys ?? [],
    feeds: brokers.map(({ feed }) => feed),
    ...(only ? { reports: more.length === 0 ? only.transport : new RegionalReports([only, ...more]) } : {}),
    readiness: brokers.flatMap(({ readiness }) => readiness),
    close: async () => {
      await Promise.all(brokers.map(async ({ close }) => await close()));
    },
  };
}

interface Broker {
  feed: RabbitFeed;
  reports: RegionReports;
  readiness: ReadinessCheck[];
  close: () => Promise<void>;
}

/**
 * The transports of one region. What publishes and what takes reports have a connection each, since a broker that is
 * short of memory blocks publishers; what takes reports has one more, to learn of that.
 */
function broker(configuration: RegionConfiguration, intervalSeconds: number): Broker {
  const { region } = configuration;
  const keeper = keepsBroker(configuration)
    ? new BrokerKeeper(brokerSetupOf(configuration), intervalSeconds * 1_000)
    : null;
  const connection = {
    ...startingWith(() => rabbitConnection(configuration)),
    ...(keeper ? { refused: () => keeper.suspect() } : {}),
    told: new RareLog(),
  };
  const feed = new RabbitFeed({ ...connection, region, connection_name: 'nebula-api feed' });
  keeper?.start();
  return {
    feed,
    reports: {
      region,
      transport: new RabbitReportStrategy(
        { ...connection, connection_name: 'nebula-api reports' },
        configuration.report_interval_seconds * 1_000,
      ),
    },
    readiness: keeper ? [{ name: 'broker', region, problem: async () => keeper.problem() }] : [],
    close: async () => {
      await Promise.all([feed.close(), keeper?.close()]);
    },
  };
}
