/**
 * Docker Engines of our own: beside each other and beside the machine's, each in a folder.
 */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureBridge, removeBridge } from './engine-bridge.mjs';
import {
  containerdPids,
  engineFolders,
  enginePid,
  networkBridges,
  shimPids,
  unmountAll,
} from './engine-folders.mjs';
import { ensureNamespace, hasNamespace, inNamespace, removeNamespace } from './engine-namespace.mjs';
import { removeRules } from './engine-rules.mjs';
import { pingEngine } from './find-engine.mjs';
import { WITH_SBIN } from './ip-command.mjs';
import { childrenOf, end, ended, send } from './processes.mjs';

/** @import { EngineFolders } from './engine-folders.mjs' */

/** Starts of an engine whose containerd is late. */
const ATTEMPTS = 3;

/** An engine with many containers brings them all back before it answers. */
const START_LIMIT_MS = 120_000;

/** It gives each container its stop time-out, 10 s, all at once, and then kills. */
const STOP_LIMIT_MS = 60_000;

/**
 * @typedef {object} RunningEngine
 * @property {number} pid
 * @property {string} host `unix:///path`
 */

/**
 * Starts an engine that goes on when the caller ends, and waits until it answers. One that runs already is taken.
 * What an earlier engine of this folder has left, killed or not, is taken over: its containers too.
 * @param {object} options
 * @param {string} options.folder for its images, containers and log
 * @param {boolean} [options.ownNetwork] true gives it a network namespace, and so all ports, of its own
 * @param {string[]} [options.args] more arguments for dockerd
 * @returns {Promise<RunningEngine>}
 * @throws {Error} with the end of its log when it ends or doesn't answer
 */
export async function startEngine({ folder, ownNetwork = false, args = [] }) {
  if (process.getuid?.() !== 0) throw new Error('a Docker Engine of our own can only be started as root');
  const folders = engineFolders(folder);
  const running = enginePid(folders);
  if (running !== null) return await untilAnswering(folders, running);

  await mkdir(dirname(folders.data), { recursive: true, mode: 0o700 });
  await mkdir(folders.runtime, { recursive: true, mode: 0o700 });
  // By default all engines of a machine have the id of one file, and workers are known by it.
  await writeFile(folders.configuration, JSON.stringify({ 'deprecated-key-path': folders.key }));
  for (let attempt = 1; ; attempt += 1) {
    await removeStale(folders);
    const pid = await launch(folders, ownNetwork, args);
    try {
      return await untilAnswering(folders, pid);
    } catch (error) {
      if (attempt < ATTEMPTS && containerdWasLate(folders.log)) continue;
      await stopEngine(folder);
      throw error;
    }
  }
}

/**
 * @param {EngineFolders} folders
 * @param {boolean} ownNetwork
 * @param {string[]} args
 * @returns {Promise<number>} the process id of dockerd
 */
async function launch(folders, ownNetwork, args) {
  const log = openSync(folders.log, 'w', 0o600);
  const [program, ...rest] = command(folders, ownNetwork);
  const engine = spawn(program, [...rest, ...args], {
    detached: true,
    stdio: ['ignore', log, log],
    env: WITH_SBIN,
  });
  closeSync(log);
  /** @type {Error | undefined} */
  let failure;
  engine.on('error', (error) => {
    failure = error;
  });
  engine.unref();
  await new Promise((resolve) => setImmediate(resolve));
  if (failure || engine.pid === undefined) {
    throw new Error(`dockerd (package docker.io) can't be run: ${failure?.message}`);
  }
  return engine.pid;
}

/**
 * dockerd gives its containerd 15 s, which a slow disk can exceed, and ends. The next one finds all of it in memory.
 * @param {string} log
 */
function containerdWasLate(log) {
  return readFileSync(log, 'utf8').includes('timeout waiting for containerd to start');
}

/**
 * Sets up its network, and says how it is started in that.
 * @param {EngineFolders} folders
 * @param {boolean} ownNetwork
 * @returns {[string, ...string[]]}
 */
function command(folders, ownNetwork) {
  /** @type {[string, ...string[]]} */
  const dockerd = [
    'dockerd',
    `--config-file=${folders.configuration}`,
    `--data-root=${folders.data}`,
    `--exec-root=${folders.exec}`,
    `--host=${folders.host}`,
    `--pidfile=${folders.pidFile}`,
  ];
  if (ownNetwork) {
    ensureNamespace(folders.namespace);
    return inNamespace(folders.namespace, ...dockerd);
  }
  ensureBridge(folders.bridge, folders.number);
  // No address pools: with them dockerd removes docker0, the bridge of the machine's own engine. Without, it
  // looks at the machine's routes before it gives a network its addresses.
  return [...dockerd, `--bridge=${folders.bridge}`];
}

/**
 * @param {string} folder as for `startEngine`
 * @returns {RunningEngine | null} the engine of this folder, if its process runs
 */
export function engineOf(folder) {
  const folders = engineFolders(folder);
  const pid = enginePid(folders);
  return pid === null ? null : { pid, host: folders.host };
}

/**
 * Stops the engine of a folder and all its containers, in order, and whatever a killed one has left running.
 * @param {string} folder
 * @returns {Promise<boolean>} whether there was anything to stop
 */
export async function stopEngine(folder) {
  const folders = engineFolders(folder);
  const pid = enginePid(folders);
  const left = shimPids(folders).length + containerdPids(folders).length > 0;
  if (pid !== null) await end(pid, STOP_LIMIT_MS);
  await endLeftovers(folders);
  unmountAll(folders);
  const bridges = [...networkBridges(folders), folders.bridge];
  // In a namespace of its own they go with it.
  if (!hasNamespace(folders.namespace)) removeRules(bridges);
  for (const bridge of bridges) removeBridge(bridge);
  removeNamespace(folders.namespace);
  await rm(folders.runtime, { recursive: true, force: true });
  await rm(folders.pidFile, { force: true });
  return pid !== null || left;
}

/**
 * Kills the engine as a crash would. Its containers and containerd go on running; the next start takes them over.
 * @param {string} folder
 * @returns {Promise<boolean>} whether it ran
 */
export async function killEngine(folder) {
  const pid = enginePid(engineFolders(folder));
  if (pid === null) return false;
  send(pid, 'SIGKILL');
  if (!(await ended(pid, 10_000))) throw new Error(`the engine ${pid} does not end, not even by SIGKILL`);
  return true;
}

/** @param {EngineFolders} folders */
async function endLeftovers(folders) {
  for (const pid of containerdPids(folders)) await end(pid, 10_000);
  for (const shim of shimPids(folders)) {
    const containers = childrenOf(shim);
    for (const container of containers) send(container, 'SIGKILL');
    send(shim, 'SIGKILL');
    for (const pid of [shim, ...containers]) await ended(pid, 10_000);
  }
}

/**
 * Removes what a killed engine has left and the next would stumble over: dockerd ends when its file names any
 * process that runs, and waits in vain for a containerd whose id is somebody else's now.
 * @param {EngineFolders} folders
 */
async function removeStale(folders) {
  await rm(folders.pidFile, { force: true });
  if (containerdPids(folders).length === 0) await rm(folders.containerdPidFile, { force: true });
  if (existsSync(folders.log)) await rename(folders.log, `${folders.log}.1`);
}

/**
 * @param {EngineFolders} folders
 * @param {number} pid
 * @returns {Promise<RunningEngine>}
 */
async function untilAnswering(folders, pid) {
  const deadline = performance.now() + START_LIMIT_MS;
  for (;;) {
    const engine = await pingEngine(folders.host);
    if (engine.found && enginePid(folders) !== null) return { pid, host: folders.host };
    const gone = await ended(pid, 0);
    if (gone || performance.now() > deadline) {
      const why = gone ? 'has ended' : `does not answer after ${START_LIMIT_MS / 1000} s`;
      throw new Error(`the Docker Engine of our own ${why}; from ${folders.log}:\n${endOf(folders.log)}`);
    }
    await sleep(50);
  }
}

/** @param {string} file */
function endOf(file) {
  try {
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    return lines
      .filter((line) => !line.includes('level=info'))
      .slice(-5)
      .join('\n');
  } catch {
    return '(there is none)';
  }
}
