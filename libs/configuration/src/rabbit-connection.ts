import { ConfigurationError } from './configuration-error.js';
import { textOfFile } from './file-text.js';
import { rabbitHostProblems } from './rabbit-hosts.js';
import type { RabbitConfiguration } from './rabbit-keys.js';

/** How to connect to RabbitMQ. Certificates and keys are their text (PEM), not the names of files. */
export interface RabbitConnection {
  hosts: string[];
  port: number;
  user: string;
  password: string;
  vhost: string;
  heartbeat_seconds: number;
  /** The longest waits between two attempts to connect: of any, and of the first after a loss where there is such a key. */
  reconnect: { longest_ms: number; spread_ms?: number };
  ssl?: { ca?: string; cert?: string; key?: string; verify: boolean };
}

/**
 * Checks the nodes and reads the files that the configuration names.
 * @throws {ConfigurationError} with a line for each node that is none, and for each file that can't be read or is
 * given without `rabbit_ssl`
 */
export function rabbitConnection(
  configuration: RabbitConfiguration & { rabbit_reconnect_spread_seconds?: number },
): RabbitConnection {
  const { rabbit_host, rabbit_port, rabbit_user, rabbit_password, rabbit_vhost } = configuration;
  const { rabbit_reconnect_max_seconds: longest, rabbit_reconnect_spread_seconds: spread } = configuration;
  const problems = rabbitHostProblems(rabbit_host);
  const ssl = sslOf(configuration, problems);
  if (problems.length > 0) throw new ConfigurationError(problems);
  return {
    hosts: rabbit_host,
    port: rabbit_port,
    user: rabbit_user,
    password: rabbit_password,
    vhost: rabbit_vhost,
    heartbeat_seconds: configuration.rabbit_heartbeat,
    reconnect: {
      longest_ms: longest * 1_000,
      ...(spread === undefined ? {} : { spread_ms: spread * 1_000 }),
    },
    ...(ssl ? { ssl } : {}),
  };
}

const FILE_KEYS = ['rabbit_ssl_ca', 'rabbit_ssl_cert', 'rabbit_ssl_key'] as const;

function sslOf(configuration: RabbitConfiguration, problems: string[]): RabbitConnection['ssl'] {
  const files = new Map<(typeof FILE_KEYS)[number], string>();
  for (const key of FILE_KEYS) {
    const path = configuration[key];
    if (path === '') continue;
    if (!configuration.rabbit_ssl)
      problems.push(`${key} is set but rabbit_ssl is not; set rabbit_ssl to true`);
    const file = textOfFile(key, path);
    if ('text' in file) files.set(key, file.text);
    else problems.push(file.problem);
  }
  if ((configuration.rabbit_ssl_cert === '') !== (configuration.rabbit_ssl_key === '')) {
    problems.push('rabbit_ssl_cert and rabbit_ssl_key belong together: set both or none');
  }
  if (!configuration.rabbit_ssl) return undefined;
  const [ca, cert, key] = FILE_KEYS.map((name) => files.get(name));
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    verify: configuration.rabbit_ssl_verify,
  };
}
