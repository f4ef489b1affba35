/**
 * The processes of a broker: one per node, and the name server by which its nodes find each other.
 */
import { execFile, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { end, ended, environmentOf, pidIn, send } from '../engine/processes.mjs';
import { brokerFiles, nodeFiles } from './rabbitmq-files.mjs';
import { manage } from './rabbitmq-management.mjs';

/** @import { BrokerRecord, NodeRecord } from './rabbitmq-files.mjs' */

/** The wrapper on the PATH goes through `su`, which lowers the limit of open files. */
const PROGRAM = '/usr/lib/rabbitmq/bin/rabbitmq-server';

const CONTROL = '/usr/lib/rabbitmq/bin/rabbitmqctl';
const CONTROL_LIMIT_MS = 60_000;

/** About 6 s alone; several nodes on a busy machine take long. */
const START_LIMIT_MS = 180_000;

const STOP_LIMIT_MS = 30_000;

const POLL_MS = 100;

/**
 * @param {string} folder
 * @param {NodeRecord} node
 * @returns {number | null} the id of its process, if it runs
 */
export function nodePid(folder, node) {
  const { pidFile } = nodeFiles(folder, node);
  const pid = pidIn(pidFile, (command) => basename(command[0] ?? '') === 'beam.smp');
  // All brokers of a machine run with the same arguments.
  return pid !== null && environmentOf(pid).includes(`RABBITMQ_PID_FILE=${pidFile}`) ? pid : null;
}

/**
 * Starts a node that goes on when the caller ends, and waits until it serves. One that runs already is waited for.
 * @param {string} folder
 * @param {BrokerRecord} record
 * @param {NodeRecord} node
 * @throws {Error} with the end of its log when it ends or doesn't serve
 */
export async function startNode(folder, record, node) {
  if (nodePid(folder, node) === null) await spawnNode(folder, record, node);
  await untilServing(folder, record, node);
}

/**
 * @param {string} folder
 * @param {NodeRecord} node
 */
export async function stopNode(folder, node) {
  const pid = nodePid(folder, node);
  if (pid !== null) await end(pid, STOP_LIMIT_MS);
}

/**
 * Kills a node as a crash would.
 * @param {string} folder
 * @param {NodeRecord} node
 * @returns {Promise<boolean>} whether it ran
 */
export async function killNode(folder, node) {
  const pid = nodePid(folder, node);
  if (pid === null) return false;
  send(pid, 'SIGKILL');
  if (!(await ended(pid, 10_000))) throw new Error(`the broker ${pid} does not end, not even by SIGKILL`);
  return true;
}

/**
 * @param {string} folder
 * @param {BrokerRecord} record
 */
export async function stopEpmd(folder, record) {
  const pid = epmdPid(folder, record);
  if (pid !== null) await end(pid, STOP_LIMIT_MS);
}

/**
 * @param {string} folder
 * @param {NodeRecord} node
 * @returns {number} resident memory of the node's process, bytes; 0 when it doesn't run
 */
export function residentBytes(folder, node) {
  const pid = nodePid(folder, node);
  if (pid === null) return 0;
  const [, kilobytes = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

/**
 * Runs a command of `rabbitmqctl` on a node.
 * @param {string} folder
 * @param {BrokerRecord} record
 * @param {NodeRecord} node
 * @param {string[]} command
 * @throws {Error} with what it printed when it fails
 */
export async function controlNode(folder, record, node, command) {
  const { folder: HOME } = brokerFiles(folder);
  const env = { ...process.env, HOME, ERL_EPMD_PORT: String(record.epmdPort) };
  await promisify(execFile)(CONTROL, ['-n', node.name, ...command], { env, timeout: CONTROL_LIMIT_MS });
}

/**
 * @param {string} folder
 * @param {BrokerRecord} record
 * @param {NodeRecord} node
 */
async function spawnNode(folder, record, node) {
  const files = nodeFiles(folder, node);
  await rm(files.pidFile, { force: true });
  await spawnDetached(PROGRAM, [], files.log, {
    ...process.env,
    HOME: brokerFiles(folder).folder,
    ERL_EPMD_PORT: String(record.epmdPort),
    RABBITMQ_NODENAME: node.name,
    RABBITMQ_DIST_PORT: String(node.distributionPort),
    RABBITMQ_MNESIA_BASE: files.data,
    RABBITMQ_LOG_BASE: files.folder,
    RABBITMQ_FEATURE_FLAGS_FILE: files.features,
    RABBITMQ_ENABLED_PLUGINS_FILE: files.plugins,
    RABBITMQ_CONFIG_FILE: files.configuration,
    RABBITMQ_PID_FILE: files.pidFile,
    // Those of the machine's own broker would count else.
    RABBITMQ_CONF_ENV_FILE: files.absent,
    RABBITMQ_ADVANCED_CONFIG_FILE: `${files.absent}.config`,
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
  });
}

/**
 * @param {string} folder
 * @param {BrokerRecord} record
 * @param {NodeRecord} node
 */
async function untilServing(folder, record, node) {
  const { log } = nodeFiles(folder, node);
  const deadline = performance.now() + START_LIMIT_MS;
  for (;;) {
    const running = nodePid(folder, node) !== null;
    if (running && (await accepts(node.port)) && (await answers(record, node))) return;
    const text = readFileSync(log, 'utf8');
    const failed = !running && /BOOT FAILED|Kernel pid terminated|Error during startup/.test(text);
    if (failed || performance.now() > deadline) {
      throw new Error(
        `the broker ${node.name} does not serve:\n${text.trimEnd().split('\n').slice(-15).join('\n')}`,
      );
    }
    await sleep(POLL_MS);
  }
}

/** @param {number} port */
function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/**
 * @param {BrokerRecord} record
 * @param {NodeRecord} node
 */
async function answers({ admin }, node) {
  const answer = await manage(node, admin, 'GET', '/api/overview').catch(() => null);
  return answer?.status === 200;
}

/**
 * Starts the name server, without which no node starts; one at a time.
 * @param {string} folder
 * @param {BrokerRecord} record
 */
export async function startEpmd(folder, record) {
  if (epmdPid(folder, record) !== null) return;
  const files = brokerFiles(folder);
  const args = ['-port', String(record.epmdPort), '-address', '127.0.0.1'];
  const pid = await spawnDetached('epmd', args, `${files.epmdPid}.log`, process.env);
  await writeFile(files.epmdPid, String(pid));
  const deadline = performance.now() + 10_000;
  while (!(await accepts(record.epmdPort))) {
    if (performance.now() > deadline) throw new Error(`epmd does not listen on port ${record.epmdPort}`);
    await sleep(20);
  }
}

/**
 * @param {string} folder
 * @param {BrokerRecord} record
 */
function epmdPid(folder, { epmdPort }) {
  return pidIn(
    brokerFiles(folder).epmdPid,
    (command) => basename(command[0] ?? '') === 'epmd' && command.includes(String(epmdPort)),
  );
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {string} logFile
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<number>} its id
 */
async function spawnDetached(program, args, logFile, env) {
  const log = openSync(logFile, 'w', 0o600);
  const child = spawn(program, args, { detached: true, stdio: ['ignore', log, log], env });
  closeSync(log);
  child.unref();
  await new Promise((started, failed) => child.once('spawn', started).once('error', failed));
  return child.pid ?? 0;
}
