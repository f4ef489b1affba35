/**
 * Database servers for tests and benchmarks, on the loopback interface.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { end, ended, send } from '../engine/processes.mjs';
import { freePorts } from './free-port.mjs';
import { mongoProgram } from './mongo-program.mjs';
import { makeMongoUser } from './mongo-users.mjs';

/** @import { MongoProgram } from './mongo-program.mjs' */
/** @import { DatabaseLogin } from './mongo-users.mjs' */

const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 20_000;

/**
 * @typedef {object} OwnMongo a server of our own, with an empty folder
 * @property {string} url `mongodb://127.0.0.1:port`, without a user, the same after a restart
 * @property {MongoProgram['kind']} kind
 * @property {string} data folder of all that it keeps; to be copied while it is stopped
 * @property {() => number} pid
 * @property {(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT') => Promise<void>} signal after SIGKILL it waits for the end
 * @property {() => Promise<void>} start again, after `stop` or a kill, with its data
 * @property {() => Promise<void>} stop in order
 * @property {() => Promise<void>} remove stops it in whatever state it is, and removes its data
 */

/**
 * @typedef {object} AnyMongo
 * @property {string} url
 * @property {MongoProgram['kind'] | 'given'} kind
 * @property {() => Promise<void>} remove ends it, if it is our own
 */

/**
 * The server at MONGO_URL when that is set, else one of our own.
 * @param {(line: string) => void} say
 * @returns {Promise<AnyMongo>}
 * @throws {Error} with what to do, when none can be had
 */
export async function anyMongo(say) {
  const url = process.env['MONGO_URL'];
  if (url) {
    say('The database of these tests is the one at MONGO_URL.');
    return { url, kind: 'given', remove: async () => {} };
  }
  return await startMongo(say);
}

/**
 * Starts a server that goes on when the caller ends, and waits until it answers.
 * @param {(line: string) => void} say
 * @param {DatabaseLogin} [admin] who may do everything; without one nobody is asked for a login
 * @returns {Promise<OwnMongo>}
 * @throws {Error} with what to do when none can be had, or with the end of its log
 */
export async function startMongo(say, admin) {
  const { kind, program } = await mongoProgram(say);
  const folder = await mkdtemp(join(tmpdir(), 'nebula-mongo-'));
  const data = join(folder, 'data');
  await mkdir(data);
  const [port = 0] = await freePorts(1);
  const args =
    kind === 'mongod'
      ? ['--dbpath', data, '--bind_ip', '127.0.0.1', '--port', String(port), ...(admin ? ['--auth'] : [])]
      : ['-folder', data, '-listen', `127.0.0.1:${port}`];
  const environment = admin ? { FERRETDB_ADMIN: `${admin.user}:${admin.password}` } : {};
  const start = () => run(program, args, port, folder, environment);
  let pid = await start();
  const url = `mongodb://127.0.0.1:${port}`;
  // FerretDB makes its first user by itself.
  if (admin && kind === 'mongod') await makeMongoUser({ url, kind }, null, admin, 'root');
  return {
    ...{ url, kind, data },
    pid: () => pid,
    signal: async (signal) => {
      send(pid, signal);
      if (signal === 'SIGKILL' && !(await ended(pid, STOP_LIMIT_MS))) throw new Error(`${pid} does not end`);
    },
    start: async () => {
      pid = await start();
    },
    stop: () => end(pid, STOP_LIMIT_MS),
    remove: async () => {
      send(pid, 'SIGCONT');
      await end(pid, STOP_LIMIT_MS);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {number} port
 * @param {string} folder for the log
 * @param {Record<string, string>} environment beside the one of this process
 * @returns {Promise<number>} its process id
 */
async function run(program, args, port, folder, environment) {
  const file = join(folder, 'server.log');
  const log = openSync(file, 'a', 0o600);
  // FerretDB makes much garbage of every document that it reads, and the machine has more memory than time.
  const env = { ...process.env, ...environment, GOGC: '800' };
  const server = spawn(program, args, { cwd: folder, env, detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  server.unref();
  await new Promise((started, failed) => server.once('spawn', started).once('error', failed));
  const pid = server.pid ?? 0;
  const deadline = performance.now() + START_LIMIT_MS;
  while (!(await accepts(port))) {
    if ((await ended(pid, 0)) || performance.now() > deadline) {
      send(pid, 'SIGKILL');
      throw new Error(`${program} does not serve:\n${readFileSync(file, 'utf8').slice(-2_000).trim()}`);
    }
    await sleep(20);
  }
  return pid;
}

/**
 * @param {number} port
 * @returns {Promise<boolean>} whether something listens there
 */
function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
