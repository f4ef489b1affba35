/**
 * Makes the load balancer of an app as apps of Nebula, and keeps its configuration as the app is.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Api } from './api-client.mjs';
import { configOf, step } from './follow.mjs';
import { loadBalancerApps } from './load-balancer-apps.mjs';

const HELP = `Usage: node load-balancer.mjs COMMAND [OPTION...] APP

Puts an HAProxy in front of the replicas of APP on each server, as two more apps: <name>, and <name>-config, which
carries its configuration.

Commands
  print              prints both apps as a document for POST /apply or nebulactl apply
  follow             changes the configuration in <name>-config, and nothing else of it, whenever APP is scaled or its
                     ports change, until a signal comes. One is enough for a fleet; several don't disturb each other

Options
  --api URL          the api, default http://127.0.0.1:8000; a token for it is taken from NEBULA_TOKEN
  --name NAME        of the load balancer, default <APP>-lb
  --image IMAGE      with HAProxy 2.4 or later and a shell, default haproxy:3.0; follow leaves that of a <name>-config
                     that is there as it is
  --publish PORTS    ports of the servers, like 80,443: one for each entry of APP's starting_ports with a TCP port, in
                     that order. HTTP is spoken on them, without TLS, where --tcp doesn't say otherwise
  --tcp PORTS        those of them whose connections are passed on as they are, whatever is spoken: TLS that APP ends,
                     a database
  --replicas N       replicas of APP; needed when containers_per counts by cores or memory: the most that a server has
  --check-path PATH  path that a replica answers with 2xx or 3xx when it is well; else, and for the ports of --tcp, its
                     port is connected to
  --interval SECONDS how often follow looks at APP, 1 to 3600, default 2
  -h, --help         print this

Example
  node load-balancer.mjs print --publish 80 --check-path /health shop > shop-lb.json
  node load-balancer.mjs follow --publish 80 --check-path /health shop

Exit codes
  0  printed, or stopped by a signal
  1  the app could not be read, or has no port to stand in front of
  2  unknown option, or a value that can't be
`;

class UsageError extends Error {}

/** @typedef {ReturnType<typeof wishOf>} Wish */

/** @param {string[]} argv */
async function main(argv) {
  const options = /** @type {const} */ ({
    api: { type: 'string', default: 'http://127.0.0.1:8000' },
    name: { type: 'string' },
    image: { type: 'string', default: 'haproxy:3.0' },
    publish: { type: 'string' },
    tcp: { type: 'string' },
    replicas: { type: 'string' },
    'check-path': { type: 'string' },
    interval: { type: 'string', default: '2' },
    help: { type: 'boolean', short: 'h', default: false },
  });
  const { values, positionals } = read(argv, options);
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const [command, app, ...rest] = positionals;
  if (command !== 'print' && command !== 'follow') throw new UsageError('say print or follow');
  if (app === undefined || rest.length > 0) throw new UsageError('name one app');
  const wish = wishOf(app, values);
  if (command === 'print') await print(wish);
  else await follow(wish, wholeNumber('--interval', values.interval, 3_600));
}

/** @param {Wish} wish */
async function print(wish) {
  const apps = loadBalancerApps({ ...wish.loadBalancer, config: await configOf(wish) });
  process.stdout.write(`${JSON.stringify({ apps }, null, 2)}\n`);
}

/**
 * Looks, compares, and looks again: what it has missed while it or the api was away doesn't matter.
 *
 * @param {Wish} wish
 * @param {number} seconds
 */
async function follow(wish, seconds) {
  const stop = new AbortController();
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.once(signal, () => stop.abort());
  let said = '';
  while (!stop.signal.aborted) {
    const line = await step(wish).catch((error) => (error instanceof Error ? error.message : String(error)));
    // Only what is news.
    if (line !== said && line !== '') process.stdout.write(`${line}\n`);
    if (line !== '') said = line;
    await sleep(seconds * 1_000, undefined, { signal: stop.signal }).catch(() => undefined);
  }
}

/**
 * @param {string} app
 * @param {{ api: string, name?: string, image: string, publish?: string, tcp?: string, replicas?: string, 'check-path'?: string }} values
 */
function wishOf(app, values) {
  const ports = portsOf('--publish', values.publish);
  if (ports.length === 0)
    throw new UsageError('--publish is missing: name the ports of the servers, like 80');
  const tcp = portsOf('--tcp', values.tcp);
  const other = tcp.find((port) => !ports.includes(port));
  if (other !== undefined) throw new UsageError(`--tcp names ${other}, which --publish doesn't`);
  const checkPath = values['check-path'] ?? null;
  if (checkPath !== null && !/^\/\S*$/.test(checkPath))
    throw new UsageError(`--check-path must be a path like /health, not ${JSON.stringify(checkPath)}`);
  const replicas = values.replicas === undefined ? null : wholeNumber('--replicas', values.replicas, 9_999);
  return {
    api: new Api(values.api, process.env['NEBULA_TOKEN'] || undefined),
    app,
    settings: { replicas, checkPath, tcp, listen: ports },
    loadBalancer: { name: values.name ?? `${app}-lb`, image: values.image, publish: ports },
  };
}

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
 * @param {string} option
 * @param {string} [text] ports with commas between them
 */
function portsOf(option, text = '') {
  const ports = text.split(',').filter((port) => port !== '');
  return ports.map((port) => wholeNumber(option, port, 65_535));
}

/**
 * @param {string} option
 * @param {string} text
 * @param {number} most
 */
function wholeNumber(option, text, most) {
  const number = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= most) return number;
  throw new UsageError(`${option} must be a whole number, 1 to ${most}, not ${JSON.stringify(text)}`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const isUsage = error instanceof UsageError;
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${reason}${isUsage ? '; --help lists what there is' : ''}\n`);
  process.exitCode = isUsage ? 2 : 1;
}
