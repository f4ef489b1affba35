import { ConfigurationError } from './configuration-error.js';
import { textOfFile } from './file-text.js';
import { rabbitHostProblems } from './rabbit-hosts.js';
import type { RabbitConfiguration } from './rabbit-keys.js';
import { certificateProblem, pairProblem, privateKeyProblem } from './tls-files.js';

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
 * @throws {ConfigurationError} with a line for each node that is none, and for each file that can't be read, is given
 * without `rabbit_ssl`, or isn't what TLS needs there
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
  problems.push(...contentProblems(configuration, files));
  const [ca, cert, key] = FILE_KEYS.map((name) => files.get(name));
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    verify: configuration.rabbit_ssl_verify,
  };
}

/** TLS takes a file of authorities in which it finds none, and trusts nobody then; and a wrong key fails with each attempt. */
function contentProblems(
  configuration: RabbitConfiguration,
  files: ReadonlyMap<(typeof FILE_KEYS)[number], string>,
): string[] {
  const problems = FILE_KEYS.flatMap((name) => {
    const text = files.get(name);
    if (text === undefined) return [];
    const problemOf = name === 'rabbit_ssl_key' ? privateKeyProblem : certificateProblem;
    return problemOf(name, configuration[name], text) ?? [];
  });
  const [cert, key] = [files.get('rabbit_ssl_cert'), files.get('rabbit_ssl_key')];
  if (problems.length > 0 || cert === undefined || key === undefined) return problems;
  const { rabbit_ssl_cert, rabbit_ssl_key } = configuration;
  const problem = pairProblem({ cert, key });
  return problem === null
    ? []
    : [`rabbit_ssl_cert, rabbit_ssl_key: ${rabbit_ssl_cert} and ${rabbit_ssl_key} ${problem}`];
}
