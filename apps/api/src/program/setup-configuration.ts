import { type KeyTable, RABBIT_KEYS, type RabbitConfiguration, type Sources } from '@nebula/configuration';
import { configured, StartError } from '@nebula/lifecycle';
import { managementUrlProblems } from '@nebula/messaging';
import { KEPT_BROKER_KEYS, type KeptBrokerConfiguration } from './kept-broker.js';
import {
  hasRegions,
  readRegions,
  type RegionConfiguration,
  REGIONS_KEYS,
  type RegionsConfiguration,
  SHARED_RABBIT_KEYS,
} from './regions.js';

/** What brokers are set up with, of one region or of several. */
export interface SetupConfiguration
  extends RabbitConfiguration,
    KeptBrokerConfiguration,
    RegionsConfiguration {}

/** For one broker. */
export const SETUP_KEYS: KeyTable<SetupConfiguration> = {
  ...RABBIT_KEYS,
  ...KEPT_BROKER_KEYS,
  rabbit_admin_user: { kind: 'string', required: true, description: 'administrator of the broker' },
  rabbit_admin_password: {
    kind: 'string',
    required: true,
    secret: true,
    description: 'password of the administrator',
  },
  rabbit_worker_password: {
    kind: 'string',
    required: true,
    secret: true,
    description: 'password of rabbit_worker_user',
  },
  ...REGIONS_KEYS,
};

/** For several: each of them may have its own. */
const SHARED_SETUP_KEYS: KeyTable<SetupConfiguration> = {
  ...SHARED_RABBIT_KEYS,
  ...KEPT_BROKER_KEYS,
  ...REGIONS_KEYS,
};

/** What an administrator's work on a broker can't do without. */
const NEEDED = ['rabbit_admin_user', 'rabbit_admin_password', 'rabbit_worker_password'] as const;

/**
 * Reads environment and conf.json.
 * @returns the broker of each region
 * @throws {StartError} with a line for each value that is wrong
 */
export function loadSetupConfiguration(sources?: Sources): RegionConfiguration[] {
  const isSeveral = hasRegions(sources);
  const configuration = configured(isSeveral ? SHARED_SETUP_KEYS : SETUP_KEYS, sources);
  const { regions, problems } = readRegions(configuration);
  const missing = isSeveral ? regions.flatMap(missingIn) : [];
  const urls = regions.flatMap(({ rabbit_management_url }) =>
    managementUrlProblems('rabbit_management_url', rabbit_management_url),
  );
  const all = [...problems, ...missing, ...(problems.length > 0 ? [] : urls)];
  if (all.length > 0) throw new StartError(all);
  return regions;
}

function missingIn(region: RegionConfiguration): string[] {
  return NEEDED.filter((key) => region[key] === '').map(
    (key) => `rabbit_regions.${region.region}.${key} is missing: set it there, or ${key} for all regions`,
  );
}
