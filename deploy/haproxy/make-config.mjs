/**
 * Prints the configuration of an HAProxy that stands in front of apps on the same server.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { haproxyConfig } from './haproxy-config.mjs';

/** @import { App } from './haproxy-config.mjs' */

const HELP = `Usage: node make-config.mjs [OPTION...] APP...

Prints the configuration of an HAProxy that spreads requests over the replicas of apps on the same server. APP is the
name of an app, which the api is asked for, or a file with its spec as JSON.

Options
  --api URL          the api, default http://127.0.0.1:8000; NEBULA_TOKEN in the environment is the token for it
  --replicas N       replicas of each app; needed when containers_per counts by cores or memory
  --tcp PORTS        container ports whose connections are passed on as they are, whatever is spoken, like 5432,8443; HTTP
                     is spoken on the others, without TLS
  --check-path PATH  path that a replica answers with 2xx or 3xx when it is well; else, and for the ports of --tcp, its
                     port is connected to
  -h, --help         print this

Example
  node make-config.mjs --check-path /health shop > /etc/nebula/haproxy.cfg

Exit codes
  0  printed
  1  an app could not be read, or has no port to stand in front of
  2  unknown option, or a value that can't be
`;

/** Milliseconds. */
const LIMIT = 10_000;

/** @param {string[]} argv */
async function main(argv) {
  const options = /** @type {const} */ ({
    api: { type: 'string', default: 'http://127.0.0.1:8000' },
    replicas: { type: 'string' },
    tcp: { type: 'string' },
    'check-path': { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  });
  const { values, positionals } = read(argv, options);
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  if (positionals.length === 0) throw new UsageError('name at least one app');
  const apps = await Promise.all(positionals.map((name) => appOf(name, values.api)));
  const checkPath = values['check-path'] ?? null;
  if (checkPath !== null && !/^\/\S*$/.test(checkPath)) {
    throw new UsageError(`--check-path must be a path like /health, not ${JSON.stringify(checkPath)}`);
  }
  const tcp = (values.tcp ?? '').split(',').filter((text) => text !== '');
  const settings = { replicas: replicasOf(values.replicas), checkPath, tcp: tcp.map(portOf) };
  process.stdout.write(haproxyConfig(apps, settings));
}

class UsageError extends Error {}

/**
 * @template {import('node:util').ParseArgsConfig['options']} Options
 * @param {string[]} args
 * @param {Options} options
 */
function read(args, options) {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/**
 * @param {string | undefined} text
 * @returns {number | null}
 */
function replicasOf(text) {
  if (text === undefined) return null;
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new UsageError(`--replicas must be a whole number, 1 to 9999, not ${JSON.stringify(text)}`);
}

/** @param {string} text */
function portOf(text) {
  if (/^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new UsageError(`--tcp must name ports, 1 to 65535, not ${JSON.stringify(text)}`);
}

/**
 * @param {string} name
 * @param {string} api
 * @returns {Promise<App>}
 */
async function appOf(name, api) {
  if (name.endsWith('.json')) return parsed(await readFile(name, 'utf8'));
  const url = `${api.replace(/\/$/, '')}/api/v3/apps/${encodeURIComponent(name)}`;
  const token = process.env['NEBULA_TOKEN'];
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  const answer = await fetch(url, { headers, signal: AbortSignal.timeout(LIMIT) });
  if (!answer.ok) throw new Error(`${name}: the api answers ${answer.status}`);
  return parsed(await answer.text());
}

/** @type {(text: string) => App} */
const parsed = JSON.parse;

try {
  await main(process.argv.slice(2));
} catch (error) {
  const isUsage = error instanceof UsageError;
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${reason}${isUsage ? '; --help lists what there is' : ''}\n`);
  process.exitCode = isUsage ? 2 : 1;
}
