import {
  type KeyTable,
  RABBIT_KEYS,
  type RabbitConfiguration,
  rabbitHostProblems,
  shownValue,
  type Sources,
} from '@nebula/configuration';
import { parseAppName } from '@nebula/contracts';
import { configured, engineAddressProblems } from '@nebula/lifecycle';
import { IMAGE_KEYS, type ImageConfiguration, imageProblems } from './image-keys.js';
import { UPDATE_KEYS, type UpdateConfiguration } from './update-keys.js';
import { labelProblems } from './worker-labels.js';
import { policyConfigurationProblems } from './worker-policy.js';

/** What a worker of its own is started with. It never has credentials of the database. */
export interface WorkerConfiguration extends RabbitConfiguration, ImageConfiguration, UpdateConfiguration {
  app_name: string[];
  rabbit_reconnect_spread_seconds: number;
  worker_id: string;
  worker_labels: string[];
  worker_policy: Record<string, unknown>;
  scope: string;
  docker_host: string;
  state_dir: string;
  engine_parallelism: number;
  report_interval_seconds: number;
  resync_interval_seconds: number;
  worker_host: string;
  worker_port: number;
  log_level: string;
}

/** What can be configured, with the units and limits that `--help` shows. */
export const WORKER_KEYS: KeyTable<WorkerConfiguration> = {
  app_name: {
    kind: 'list',
    required: true,
    env_only: true,
    description:
      'apps that this server runs, separated by commas; containers of its scope whose app is not in the list are ' +
      'removed, when the worker starts and at any time later',
  },
  ...RABBIT_KEYS,
  rabbit_reconnect_spread_seconds: {
    kind: 'integer',
    default: 10,
    min: 1,
    max: 3600,
    description:
      'longest first wait after a connection to RabbitMQ is lost, seconds: the whole fleet loses its connections at ' +
      'once, and comes back spread over this',
  },
  worker_id: {
    kind: 'string',
    default: '',
    description:
      "name of this server in reports, its own in the fleet; when it is not set the Docker Engine's id, or with " +
      'Podman one made from /etc/machine-id, where that can be read',
  },
  worker_labels: {
    kind: 'list',
    default: [],
    description: 'what this server is, for people and searches: key=value, separated by commas',
  },
  worker_policy: {
    kind: 'object',
    default: {},
    description: 'what apps may have on this server: see docs/worker-policy.md',
  },
  scope: {
    kind: 'string',
    default: 'default',
    description:
      'whose containers these are; a worker touches those of its own scope alone. Apps of two scopes on one engine ' +
      'need different names, and share the network nebula',
  },
  docker_host: {
    kind: 'string',
    default: 'unix:///var/run/docker.sock',
    description: 'Docker Engine to use, as unix:///path or tcp://name:port',
  },
  state_dir: {
    kind: 'string',
    default: '.nebula-worker',
    description: 'folder for what must outlive the process; for this worker alone',
  },
  engine_parallelism: {
    kind: 'integer',
    default: 4,
    min: 1,
    max: 64,
    description: 'calls that change something on the engine at the same time',
  },
  ...IMAGE_KEYS,
  ...UPDATE_KEYS,
  report_interval_seconds: {
    kind: 'integer',
    default: 60,
    min: 1,
    max: 3600,
    description: 'how often it shows that it lives, about, seconds; changes are told at once',
  },
  resync_interval_seconds: {
    kind: 'integer',
    default: 300,
    min: 1,
    max: 86_400,
    description: "how often everything is looked at behind the engine's events, about, seconds",
  },
  worker_host: {
    kind: 'string',
    default: '127.0.0.1',
    description: 'address of /healthz, /readyz and /metrics',
  },
  worker_port: {
    kind: 'integer',
    default: 8001,
    min: 0,
    max: 65_535,
    description: 'port of /healthz, /readyz and /metrics; 0 for none',
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
export function loadWorkerConfiguration(sources?: Sources): WorkerConfiguration {
  return configured(WORKER_KEYS, sources, (configuration) => {
    const { app_name, docker_host, worker_labels, worker_policy, worker_id, rabbit_host } = configuration;
    return [
      ...appProblems(app_name),
      ...rabbitHostProblems(rabbit_host),
      ...engineAddressProblems('docker_host', docker_host),
      ...imageProblems(configuration),
      ...labelProblems(worker_labels),
      ...policyConfigurationProblems(worker_policy),
      ...(worker_id.length > LONGEST_ID
        ? [`worker_id has ${worker_id.length} characters but may have ${LONGEST_ID}`]
        : []),
    ];
  });
}

const LONGEST_ID = 255;

/**
 * A heartbeat names all apps, as one that it doesn't name is taken for gone, and has at most 1 MiB. Linux lets a variable
 * have 128 KiB: so many names have 15 characters then, with which an app takes some 110 bytes of a heartbeat.
 */
const MOST_APPS = 8_000;

function appProblems(apps: readonly string[]): string[] {
  if (apps.length === 0)
    return ['APP_NAME names no app; set it to the apps that this server runs, like shop,shop-lb'];
  if (apps.length > MOST_APPS)
    return [`APP_NAME names ${apps.length} apps, and a worker can have at most ${MOST_APPS}`];
  return apps.flatMap((app) => {
    const result = parseAppName(app);
    return result.ok ? [] : [`APP_NAME: ${shownValue(app)} ${result.problems[0]?.message}`];
  });
}
