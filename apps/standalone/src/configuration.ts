import { ACCESS_KEYS, type AccessConfiguration, accessProblems } from '@nebula/api';
import { type KeyTable, shownValue, type Sources } from '@nebula/configuration';
import { parseAppName } from '@nebula/contracts';
import { configured, engineAddressProblems } from '@nebula/lifecycle';
import {
  IMAGE_KEYS,
  type ImageConfiguration,
  imageProblems,
  policyConfigurationProblems,
  UPDATE_KEYS,
  type UpdateConfiguration,
} from '@nebula/worker';

export interface StandaloneConfiguration
  extends AccessConfiguration,
    ImageConfiguration,
    UpdateConfiguration {
  state_dir: string;
  /** Empty: the start looks for an engine by itself. */
  docker_host: string;
  docker_socket: string;
  /** Empty: every app. */
  app_name: string[];
  scope: string;
  /** Empty: the engine's own id. */
  worker_id: string;
  worker_policy: Record<string, unknown>;
  engine_parallelism: number;
  verify_interval_seconds: number;
  tombstone_retention_days: number;
  history_limit: number;
  log_level: string;
}

/** What can be configured, with the units and limits that `--help` shows. */
export const STANDALONE_KEYS: KeyTable<StandaloneConfiguration> = {
  state_dir: {
    kind: 'string',
    default: '.nebula',
    description: "folder for everything that must last, relative to the project's folder",
  },
  ...ACCESS_KEYS,
  docker_host: {
    kind: 'string',
    default: '',
    description: 'Docker Engine to use, as unix:///path or tcp://name:port',
  },
  docker_socket: {
    kind: 'string',
    default: '/var/run/docker.sock',
    description: "where the machine's own Docker Engine listens",
  },
  app_name: {
    kind: 'list',
    default: [],
    env_only: true,
    description: 'apps that this machine runs, separated by commas; all when it is not set',
  },
  scope: {
    kind: 'string',
    default: 'default',
    description:
      'whose containers these are; a worker touches those of its own scope alone. Apps of two scopes on one engine ' +
      'need different names, and share the network nebula',
  },
  worker_id: {
    kind: 'string',
    default: '',
    description:
      "name of this machine in reports; when it is not set the Docker Engine's id, or with Podman one made from " +
      '/etc/machine-id, where that can be read',
  },
  worker_policy: {
    kind: 'object',
    default: {},
    description: 'what apps may have on this machine: see docs/worker-policy.md',
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
    description: 'how long a deleted app is remembered, days',
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
export function loadStandaloneConfiguration(sources?: Sources): StandaloneConfiguration {
  return configured(STANDALONE_KEYS, sources, (configuration) => {
    const { docker_host, app_name, worker_policy } = configuration;
    return [
      ...accessProblems(configuration),
      ...(docker_host === '' ? [] : engineAddressProblems('docker_host', docker_host)),
      ...imageProblems(configuration),
      ...appProblems(app_name),
      ...policyConfigurationProblems(worker_policy),
    ];
  });
}

function appProblems(apps: readonly string[]): string[] {
  return apps.flatMap((app) => {
    const result = parseAppName(app);
    return result.ok ? [] : [`app_name: ${shownValue(app)} ${result.problems[0]?.message}`];
  });
}
