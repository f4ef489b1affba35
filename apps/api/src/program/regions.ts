import {
  type KeyTable,
  overlay,
  RABBIT_KEYS,
  type RabbitConfiguration,
  rabbitHostProblems,
  shownValue,
  type Sources,
} from '@nebula/configuration';
import { configured, StartError } from '@nebula/lifecycle';
import { nodePlace, pluginPlace } from './broker-place.js';
import {
  KEPT_BROKER_KEYS,
  type KeptBrokerConfiguration,
  keepsBroker,
  keptBrokerProblems,
} from './kept-broker.js';
import { sharedLogins } from './region-users.js';

/** Which regions there are; each is a broker of its own. */
export interface RegionsConfiguration {
  rabbit_region: string;
  rabbit_regions: Record<string, unknown>;
}

/** How the broker of a region is reached and set up. */
type BrokerConfiguration = RabbitConfiguration & KeptBrokerConfiguration;

/** The broker of one region. */
export interface RegionConfiguration extends RabbitConfiguration, KeptBrokerConfiguration {
  region: string;
}

export const REGIONS_KEYS: KeyTable<RegionsConfiguration> = {
  rabbit_region: {
    kind: 'string',
    default: 'default',
    description: 'name of the region that this RabbitMQ serves; what is published there is marked under it',
  },
  rabbit_regions: {
    kind: 'object',
    default: {},
    secret: true,
    description:
      'several regions, each with a RabbitMQ of its own: by name, the rabbit_* keys that differ from those beside it, like {"eu": {"rabbit_host": "rabbit.eu"}, "us": {"rabbit_host": "rabbit.us"}}',
  },
};

const NAME = /^[A-Za-z0-9_.-]{1,63}$/;
const NAME_RULE = '1 to 63 letters, digits, "_", "." and "-"';

/** What can't be the same in all regions by default, and so must be set in each or for all. */
const NEEDED = ['rabbit_host', 'rabbit_user', 'rabbit_password'] as const;

/** What may be set for one region. */
export const REGION_KEYS: KeyTable<BrokerConfiguration> = { ...RABBIT_KEYS, ...KEPT_BROKER_KEYS };

/** `RABBIT_KEYS` where each region may have its own: none of them has to be set for all. */
export const SHARED_RABBIT_KEYS: KeyTable<RabbitConfiguration> = {
  ...RABBIT_KEYS,
  rabbit_host: { kind: 'list', default: [], description: RABBIT_KEYS.rabbit_host.description },
  rabbit_user: { kind: 'string', default: '', description: RABBIT_KEYS.rabbit_user.description },
  rabbit_password: {
    kind: 'string',
    default: '',
    secret: true,
    description: RABBIT_KEYS.rabbit_password.description,
  },
};

/** Whether several regions are configured; false when that can't be told, which the loading of all keys says then. */
export function hasRegions(sources: Sources | undefined): boolean {
  try {
    return Object.keys(configured(REGIONS_KEYS, sources).rabbit_regions).length > 0;
  } catch (error) {
    if (error instanceof StartError) return false;
    throw error;
  }
}

/** Every region with the whole configuration of its broker, and a line for each thing that is wrong. */
export function readRegions(configuration: BrokerConfiguration & RegionsConfiguration): {
  regions: RegionConfiguration[];
  problems: string[];
} {
  const { rabbit_region, rabbit_regions, ...shared } = configuration;
  const base = pickBroker(shared);
  const entries = Object.entries(rabbit_regions);
  if (entries.length === 0) {
    const problems = NAME.test(rabbit_region)
      ? []
      : [`rabbit_region is ${shownValue(rabbit_region)} but must be ${NAME_RULE}`];
    return {
      regions: [{ region: rabbit_region, ...base }],
      problems: [...problems, ...rabbitHostProblems(base.rabbit_host), ...keptBrokerProblems(base)],
    };
  }
  const read = entries.map(([region, given]) => readRegion(region, given, base));
  const right = read.filter(({ problems }) => problems.length === 0);
  return {
    regions: read.map(({ value }) => value),
    problems: [
      ...new Set(read.flatMap(({ problems }) => problems)),
      ...sameBroker(read),
      ...samePlugin(read),
      ...sharedLogins(right.map(({ value }) => value).filter(keepsBroker)),
    ],
  };
}

interface ReadRegion {
  value: RegionConfiguration;
  problems: string[];
}

function readRegion(region: string, given: unknown, base: BrokerConfiguration): ReadRegion {
  const place = `rabbit_regions.${region.slice(0, 80)}`;
  const value = { region, ...base };
  if (!NAME.test(region))
    return {
      value,
      problems: [`rabbit_regions has the name ${shownValue(region)}, which must be ${NAME_RULE}`],
    };
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return { value, problems: [`${place} must be an object with rabbit_* keys`] };
  const read = overlay(REGION_KEYS, base, given as Record<string, unknown>, place);
  const broker = read.value;
  const missing = NEEDED.filter((key) => broker[key].length === 0);
  const lines = [
    ...(missing.includes('rabbit_host') ? [] : rabbitHostProblems(broker.rabbit_host)),
    ...keptBrokerProblems(broker),
  ];
  return {
    value: { region, ...broker },
    problems: [
      ...read.problems,
      ...missing.map((key) => `${place}.${key} is missing: set it there, or ${key} for all regions`),
      ...lines.map((line) => `${place}: ${line}`),
    ],
  };
}

/** Two regions on one virtual host would each take the other's streams for their own. */
function sameBroker(read: readonly ReadRegion[]): string[] {
  const seen = new Map<string, string>();
  return read.flatMap(({ value: { region, rabbit_host, rabbit_port, rabbit_vhost } }) => {
    const nodes = rabbit_host.map((host) => `${nodePlace(host, rabbit_port)} ${rabbit_vhost}`);
    const other = nodes.map((node) => seen.get(node)).find((found) => found !== undefined);
    for (const node of nodes) seen.set(node, region);
    return other === undefined
      ? []
      : [`rabbit_regions: ${other} and ${region} have a node and virtual host in common; each needs its own`];
  });
}

/** An administrator's work for one region would be done on the broker of another, and its own never be set up. */
function samePlugin(read: readonly ReadRegion[]): string[] {
  const seen = new Map<string, string>();
  return read.flatMap(({ value }) => {
    if (!keepsBroker(value)) return [];
    const place = `${pluginPlace(value.rabbit_management_url)} ${value.rabbit_vhost}`;
    const other = seen.get(place);
    seen.set(place, value.region);
    return other === undefined
      ? []
      : [
          `rabbit_regions: ${other} and ${value.region} have the same rabbit_management_url; each needs that of its own broker`,
        ];
  });
}

function pickBroker(configuration: BrokerConfiguration): BrokerConfiguration {
  const names = Object.keys(REGION_KEYS) as (keyof BrokerConfiguration)[];
  return Object.fromEntries(
    names.map((name) => [name, configuration[name]]),
  ) as unknown as BrokerConfiguration;
}
