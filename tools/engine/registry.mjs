/**
 * A private registry on the loopback interface, where an engine needs no TLS.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { end, ended, pidIn } from './processes.mjs';

/** The package of Debian and Ubuntu. */
export const REGISTRY_PACKAGE = 'docker-registry';

const START_LIMIT_MS = 30_000;

/**
 * Starts a registry, or takes the one of this folder that runs, and waits until it answers. Deleting is allowed.
 * @param {object} options
 * @param {string} options.folder for its images
 * @param {number} options.port of 127.0.0.1
 * @returns {Promise<{ address: string, pid: number }>} the address as it begins an image reference
 */
export async function startRegistry({ folder, port }) {
  const files = registryFiles(folder);
  const address = `127.0.0.1:${port}`;
  const running = registryPid(files);
  if (running !== null) return await untilAnswering(files, address, running);

  await mkdir(files.storage, { recursive: true, mode: 0o700 });
  await writeFile(files.config, configuration(files.storage, address), { mode: 0o600 });
  const log = openSync(files.log, 'w', 0o600);
  const registry = spawn('docker-registry', ['serve', files.config], {
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  registry.unref();
  await new Promise((started, failed) => registry.once('spawn', started).once('error', failed));
  const pid = registry.pid ?? 0;
  await writeFile(files.pidFile, String(pid));
  return await untilAnswering(files, address, pid);
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
 * @param {string} storage
 * @param {string} address
 */
function configuration(storage, address) {
  // JSON is YAML.
  return JSON.stringify({
    version: 0.1,
    log: { level: 'warn' },
    storage: { filesystem: { rootdirectory: storage }, delete: { enabled: true } },
    http: { addr: address },
  });
}

/**
 * @param {ReturnType<typeof registryFiles>} files
 * @param {string} address
 * @param {number} pid
 */
async function untilAnswering(files, address, pid) {
  const deadline = performance.now() + START_LIMIT_MS;
  for (;;) {
    const answer = await fetch(`http://${address}/v2/`).catch(() => null);
    if (answer?.ok && registryPid(files) !== null) return { address, pid };
    if ((await ended(pid, 0)) || performance.now() > deadline) {
      throw new Error(
        `the registry at ${address} does not answer:\n${readFileSync(files.log, 'utf8').trim()}`,
      );
    }
    await sleep(50);
  }
}
