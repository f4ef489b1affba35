import {
  type KeyTable,
  RABBIT_KEYS,
  type RabbitConfiguration,
  reconnectKey,
  type Sources,
} from '@nebula/configuration';
import { configured } from '@nebula/lifecycle';
import { ACCESS_KEYS, type AccessConfiguration } from './access-keys.js';
import { accessProblems } from './access-problems.js';
import { KEPT_BROKER_KEYS, type KeptBrokerConfiguration } from './kept-broker.js';
import {
  hasRegions,
  readRegions,
  REGIONS_KEYS,
  type RegionsConfiguration,
  SHARED_RABBIT_KEYS,
} from './regions.js';
import { SEALED_STORE_KEYS, type SealedStoreConfiguration, sealedStoreProblems } from './store-keys.js';

/** What an api of its own is started with. */
export interface ApiConfiguration
  extends AccessConfiguration,
    SealedStoreConfiguration,
    RabbitConfiguration,
    KeptBrokerConfiguration,
    RegionsConfiguration {
  verify_interval_seconds: number;
  tombstone_retention_days: number;
  history_limit: number;
  log_level: string;
}

/** Apis are few, so they may come back soon. */
const API_RECONNECT = reconnectKey(10);

/** What can be configured, with the units and limits that `--help` shows. */
export const API_KEYS: KeyTable<ApiConfiguration> = {
  ...ACCESS_KEYS,
  ...SEALED_STORE_KEYS,
  ...RABBIT_KEYS,
  rabbit_reconnect_max_seconds: API_RECONNECT,
  ...KEPT_BROKER_KEYS,
  ...REGIONS_KEYS,
  verify_interval_seconds: {
    kind: 'integer',
    default: 300,
    min: 1,
    max: 86_400,
    description: 'how often each app that was sent out is read back and compared, seconds',
  },
  tombstone_retention_days: {
    kind: 'integer',
    default: 90,
    min: 1,
    max: 3650,
    description: 'how long a deleted app is remembered, days; longer than any worker may be away',
  },
  history_limit: {
    kind: 'integer',
    default: 100,
    min: 1,
    max: 10_000,
    description: 'how many revisions of each app are kept, the current one among them',
  },
  log_level: {
    kind: 'string',
    default: 'info',
    allowed: ['trace', 'debug', 'info', 'warn', 'error', 'fatal'],
    description: 'least severe log lines to print',
  },
};

/**
 * Reads environment and conf.json.
 * @throws {StartError} with a line for each value that is wrong
 */
export function loadApiConfiguration(sources?: Sources): ApiConfiguration {
  const keys = hasRegions(sources)
    ? { ...API_KEYS, ...SHARED_RABBIT_KEYS, rabbit_reconnect_max_seconds: API_RECONNECT }
    : API_KEYS;
  return configured(keys, sources, (configuration) => [
    ...accessProblems(configuration),
    ...readRegions(configuration).problems,
    ...sealedStoreProblems(configuration),
  ]);
}
