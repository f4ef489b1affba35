/**
 * Where an engine of our own keeps what.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { spawnSync } from 'node:child_process';
import { pidIn, pidsOf } from './processes.mjs';

/**
 * @typedef {object} EngineFolders
 * @property {string} data images, containers and volumes
 * @property {string} log
 * @property {string} pidFile
 * @property {string} runtime sockets and what lives as long as the machine runs
 * @property {string} exec
 * @property {string} containerdPidFile
 * @property {string} socket
 * @property {string} host
 * @property {string} configuration file of dockerd
 * @property {string} key file that decides its id
 * @property {string} bridge name of its network interface
 * @property {string} namespace name of its network namespace, if it has one of its own
 * @property {number} number derived from the folder, different for different folders
 */

/**
 * @param {string} folder
 * @returns {EngineFolders}
 */
export function engineFolders(folder) {
  const whole = real(folder);
  const hash = createHash('sha256').update(whole).digest('hex').slice(0, 10);
  // A socket's path has at most 107 bytes, and containerd's and the shims' are longer than the engine's own, while
  // the folder can be anywhere. /run is short, and emptied when the machine starts, as are the processes.
  const runtime = `/run/nebula-${hash}`;
  const socket = join(runtime, 'docker.sock');
  return {
    data: join(whole, 'data'),
    log: join(whole, 'engine.log'),
    pidFile: join(whole, 'engine.pid'),
    runtime,
    exec: join(runtime, 'exec'),
    containerdPidFile: join(runtime, 'exec', 'containerd', 'containerd.pid'),
    socket,
    host: `unix://${socket}`,
    configuration: join(whole, 'engine.json'),
    key: join(whole, 'key.json'),
    bridge: `nb-${hash}`,
    namespace: `nb-${hash}`,
    number: Number.parseInt(hash.slice(0, 6), 16),
  };
}

/**
 * The same folder by whatever path, whether or not it is there already.
 * @param {string} folder
 * @returns {string}
 */
function real(folder) {
  const path = resolve(folder);
  try {
    return realpathSync(path);
  } catch {
    return path === '/' ? path : join(real(join(path, '..')), basename(path));
  }
}

/** @param {EngineFolders} folders @returns {number | null} id of the engine's process */
export function enginePid({ pidFile, data }) {
  return pidIn(
    pidFile,
    (command) => basename(command[0] ?? '') === 'dockerd' && command.includes(`--data-root=${data}`),
  );
}

/** @param {EngineFolders} folders @returns {number[]} containerd of this engine */
export function containerdPids({ exec }) {
  return pidsOf(
    (command) =>
      basename(command[0] ?? '') === 'containerd' && command.some((part) => part.startsWith(`${exec}/`)),
  );
}

/** @param {EngineFolders} folders @returns {number[]} parents of this engine's containers; they outlive it */
export function shimPids({ exec }) {
  return pidsOf(
    (command) =>
      basename(command[0] ?? '').startsWith('containerd-shim') &&
      command.some((part) => part.startsWith(`${exec}/`)),
  );
}

/**
 * Bridges of the networks of this engine. dockerd leaves them, and their addresses, behind when it ends, and makes
 * them again at its next start. Its database is the one place that names them while it doesn't run.
 * @param {EngineFolders} folders
 * @returns {string[]}
 */
export function networkBridges({ data }) {
  const file = join(data, 'network', 'files', 'local-kv.db');
  if (!existsSync(file)) return [];
  const keys = readFileSync(file, 'latin1').matchAll(/docker\/network\/v1\.0\/network\/([0-9a-f]{12})/g);
  return [...new Set([...keys].map(([, id]) => `br-${id}`))];
}

/**
 * Unmounts what a killed engine has left mounted below its folders, without which they can't be deleted.
 * @param {Pick<EngineFolders, 'data' | 'exec'>} folders
 */
export function unmountAll({ data, exec }) {
  const points = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => (line.split(' ')[4] ?? '').replaceAll('\\040', ' '))
    .filter((point) => [data, exec].some((folder) => point === folder || point.startsWith(`${folder}/`)));
  for (const point of points.reverse()) spawnSync('umount', ['--lazy', point]);
}
