/**
 * A private registry on the loopback interface, where an engine needs no TLS.
 */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inNamespace } from './engine-namespace.mjs';
import { end, ended, pidIn } from './processes.mjs';

/** The package of Debian and Ubuntu. */
export const REGISTRY_PACKAGE = 'docker-registry';

/** Users of a registry that asks for one, with what their passwords are stored as (bcrypt, all that it takes). */
export const REGISTRY_USERS = [
  {
    username: 'reader',
    password: 'correct-horse',
    hash: '$2b$05$BFVZpt3UaOIXbwxflL1rOOdNxPkYPW44u1eCyk1oNlXfVezowzSjC',
  },
  {
    username: 'other',
    password: 'other-battery',
    hash: '$2b$05$jlTfJSGZ9IRsPJ7cTw5k.ehYWqAgEo7zo0MEh8o5J1klbg8eNTkwa',
  },
];

const START_LIMIT_MS = 30_000;

/**
 * Starts a registry, or takes the one of this folder that runs, and waits until it answers. Deleting is allowed.
 * @param {object} options
 * @param {string} options.folder for its images
 * @param {number} options.port of 127.0.0.1
 * @param {readonly { username: string, hash: string }[]} [options.users] nobody else is answered; everybody when absent
 * @param {string} [options.namespace] network namespace of the engine that uses it, when that has one of its own
 * @returns {Promise<{ address: string, pid: number }>} the address as it begins an image reference
 */
export async function startRegistry({ folder, port, namespace, users }) {
  const files = registryFiles(folder);
  const address = `127.0.0.1:${port}`;
  const running = registryPid(files);
  if (running !== null) return await untilAnswering(files, address, running, namespace);

  await mkdir(files.storage, { recursive: true, mode: 0o700 });
  await writeFile(files.config, configuration(files, address, users !== undefined), { mode: 0o600 });
  const lines = (users ?? []).map(({ username, hash }) => `${username}:${hash}\n`);
  await writeFile(files.htpasswd, lines.join(''), { mode: 0o600 });
  const log = openSync(files.log, 'w', 0o600);
  const [program, ...args] = within(namespace, 'docker-registry', 'serve', files.config);
  const registry = spawn(program, args, {
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  registry.unref();
  await new Promise((started, failed) => registry.once('spawn', started).once('error', failed));
  const pid = registry.pid ?? 0;
  await writeFile(files.pidFile, String(pid));
  return await untilAnswering(files, address, pid, namespace);
}

/**
 * @param {string | undefined} namespace
 * @param {[string, ...string[]]} command
 * @returns {[string, ...string[]]}
 */
function within(namespace, ...command) {
  return namespace === undefined ? command : inNamespace(namespace, ...command);
}

/**
 * @param {string} folder
 * @returns {Promise<boolean>} whether it ran
 */
export async function stopRegistry(folder) {
  const files = registryFiles(folder);
  const pid = registryPid(files);
  if (pid !== null) await end(pid, 5_000);
  await rm(files.pidFile, { force: true });
  return pid !== null;
}

/** @param {string} folder */
function registryFiles(folder) {
  const whole = resolve(folder);
  return {
    storage: join(whole, 'storage'),
    config: join(whole, 'config.yml'),
    htpasswd: join(whole, 'htpasswd'),
    log: join(whole, 'registry.log'),
    pidFile: join(whole, 'registry.pid'),
  };
}

/** @param {ReturnType<typeof registryFiles>} files */
function registryPid({ pidFile, config }) {
  return pidIn(
    pidFile,
    (command) => basename(command[0] ?? '') === 'docker-registry' && command.includes(config),
  );
}

/**
 * @param {ReturnType<typeof registryFiles>} files
 * @param {string} address
 * @param {boolean} asksForUser
 */
function configuration({ storage, htpasswd }, address, asksForUser) {
  // JSON is YAML.
  return JSON.stringify({
    version: 0.1,
    log: { level: 'warn' },
    storage: { filesystem: { rootdirectory: storage }, delete: { enabled: true } },
    http: { addr: address },
    ...(asksForUser ? { auth: { htpasswd: { realm: 'tests', path: htpasswd } } } : {}),
  });
}

/**
 * @param {ReturnType<typeof registryFiles>} files
 * @param {string} address
 * @param {number} pid
 * @param {string | undefined} namespace
 */
async function untilAnswering(files, address, pid, namespace) {
  const deadline = performance.now() + START_LIMIT_MS;
  for (;;) {
    if ((await answers(address, namespace)) && registryPid(files) !== null) return { address, pid };
    if ((await ended(pid, 0)) || performance.now() > deadline) {
      throw new Error(
        `the registry at ${address} does not answer:\n${readFileSync(files.log, 'utf8').trim()}`,
      );
    }
    await sleep(50);
  }
}

/**
 * @param {string} address
 * @param {string | undefined} namespace
 */
async function answers(address, namespace) {
  const url = `http://${address}/v2/`;
  // One that asks who somebody is answers, too.
  if (namespace === undefined) return [200, 401].includes((await fetch(url).catch(() => null))?.status ?? 0);
  const [program, ...args] = inNamespace(namespace, '/bin/busybox', 'wget', '-q', '-O', '-', url);
  return spawnSync(program, args, { timeout: 5_000 }).status === 0;
}
