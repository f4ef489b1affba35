/**
 * Podman services of our own, which speak Docker's language on a socket: beside the machine's, each in a folder.
 */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { engineRequest } from './engine-api.mjs';
import { removeBridge } from './engine-bridge.mjs';
import { unmountAll } from './engine-folders.mjs';
import { pingEngine } from './find-engine.mjs';
import { WITH_SBIN } from './ip-command.mjs';
import { end, ended, pidIn } from './processes.mjs';

/** Podman 4.3 of Debian 12. Its networks are made by the plugins, with iptables. */
export const PODMAN_PACKAGES = ['podman', 'containernetworking-plugins', 'iptables'];

const START_LIMIT_MS = 60_000;

/** Of the network that a container is in when nothing is said. */
const DEFAULT_BRIDGE = 'cni-podman0';

/**
 * Starts a service and waits until it answers.
 * @param {string} folder a short path, for its socket too; nobody else's
 * @param {object} [options]
 * @param {readonly string[]} [options.registries] addresses of registries without TLS
 * @returns {Promise<{ pid: number, host: string }>}
 * @throws {Error} with the end of its log when it ends or doesn't answer
 */
export async function startPodman(folder, { registries = [] } = {}) {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const socket = join(folder, 'podman.sock');
  const host = `unix://${socket}`;
  const log = join(folder, 'podman.log');
  await rm(socket, { force: true });
  // What the machine's own Podman is configured with doesn't count here.
  await writeFile(join(folder, 'containers.conf'), CONFIGURATION);
  await writeFile(join(folder, 'registries.conf'), registries.map(withoutTls).join(''));
  await noteBridges(folder);
  const output = openSync(log, 'w', 0o600);
  const podman = spawn('podman', [...places(folder), 'system', 'service', '--time=0', host], {
    detached: true,
    stdio: ['ignore', output, output],
    env: {
      ...{ ...WITH_SBIN, CONTAINERS_CONF: join(folder, 'containers.conf') },
      CONTAINERS_REGISTRIES_CONF: join(folder, 'registries.conf'),
    },
  });
  closeSync(output);
  /** @type {Error | undefined} */
  let failure;
  podman.on('error', (error) => {
    failure = error;
  });
  podman.unref();
  await new Promise((resolve) => setImmediate(resolve));
  if (failure || podman.pid === undefined) {
    throw new Error(`podman (package podman) can't be run: ${failure?.message}`);
  }
  await writeFile(join(folder, 'podman.pid'), String(podman.pid));
  for (const deadline = performance.now() + START_LIMIT_MS; ; await sleep(50)) {
    if ((await pingEngine(host)).found) return { pid: podman.pid, host };
    if (performance.now() > deadline || (await ended(podman.pid, 0))) {
      throw new Error(
        `the Podman service of our own doesn't answer; from ${log}:\n${readFileSync(log, 'utf8')}`,
      );
    }
  }
}

/**
 * Removes all containers of the service of a folder, and the bridges that it made, and ends it.
 * @param {string} folder as for `startPodman`
 */
export async function stopPodman(folder) {
  const isPodman = (/** @type {string[]} */ command) =>
    basename(command[0] ?? '') === 'podman' && command.includes(`--root=${join(folder, 'data')}`);
  const pid = pidIn(join(folder, 'podman.pid'), isPodman);
  const host = `unix://${join(folder, 'podman.sock')}`;
  if (pid !== null) {
    const { text } = await engineRequest(host, 'GET', '/containers/json?all=true');
    for (const { Id } of parseContainers(text)) {
      await engineRequest(host, 'DELETE', `/containers/${Id}?force=true&v=true`);
    }
    await end(pid, 10_000);
  }
  removeBridges(folder);
  unmountAll({ data: join(folder, 'data'), exec: join(folder, 'run') });
  await rm(folder, { recursive: true, force: true });
}

/**
 * Notes which bridges there are before the service makes any; what an earlier start has noted counts.
 * @param {string} folder
 */
async function noteBridges(folder) {
  const note = bridgeNote(folder);
  if (!existsSync(note)) await writeFile(note, bridges().join('\n'));
}

/**
 * Podman leaves a bridge behind when the last container of its network is gone. Only those are removed that networks of this
 * service have, that were not there before it, and that nobody is connected to: the default one is of every Podman.
 * @param {string} folder
 */
function removeBridges(folder) {
  const before = readIfThere(bridgeNote(folder)).split('\n');
  const networks = join(folder, 'net');
  const configured = [DEFAULT_BRIDGE];
  for (const file of readdirIfThere(networks)) {
    if (!file.endsWith('.conflist')) continue;
    const named = /"bridge":\s*"([^"]+)"/.exec(readIfThere(join(networks, file)));
    if (named?.[1]) configured.push(named[1]);
  }
  for (const name of bridges()) {
    const ports = readdirIfThere(`/sys/class/net/${name}/brif`);
    if (configured.includes(name) && !before.includes(name) && ports.length === 0) removeBridge(name);
  }
}

/** @param {string} folder */
function bridgeNote(folder) {
  return join(folder, 'bridges-before');
}

function bridges() {
  return readdirSync('/sys/class/net').filter((name) => name.startsWith('cni-podman'));
}

/** @param {string} path */
function readIfThere(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** @param {string} path */
function readdirIfThere(path) {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** @type {(text: string) => { Id: string }[]} */
const parseContainers = JSON.parse;

// By default a container gets limits that a process of an inner machine may not set.
const CONFIGURATION = `[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "cni"
`;

/** @param {string} address */
function withoutTls(address) {
  return `[[registry]]\nlocation = "${address}"\ninsecure = true\n`;
}

/** @param {string} folder */
function places(folder) {
  return [
    ...[
      `--root=${join(folder, 'data')}`,
      `--runroot=${join(folder, 'run')}`,
      `--tmpdir=${join(folder, 'tmp')}`,
    ],
    ...[`--network-config-dir=${join(folder, 'net')}`, '--log-level=warn'],
  ];
}
