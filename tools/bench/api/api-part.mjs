/**
 * Requests per second, latencies and processor time of the api, against the bare store operation and a plain server.
 */
import { join } from 'node:path';
import { Child } from '../running/child.mjs';
import { linesOf } from './api-lines.mjs';
import { loadedApp } from './loaded-app.mjs';
import { Server } from './server.mjs';

/** @import { Bench, PartResult } from '../running/bench.mjs' */
/** @import { LoadName, Round, ServedLoad } from './api-lines.mjs' */
/** @import { Load } from './load.mjs' */

/** Requests in flight at the same time. */
const CONNECTIONS = 10;
const START_LIMIT_MS = 60_000;

/** In the order in which they are made. Those that are compared stand beside each other, as machines have moods. */
const LOADS = /** @type {const} */ ([
  'store.get',
  'plain GET',
  'GET',
  'GET with a token',
  'store.replace',
  'PATCH',
  'PATCH with a token',
  'commit',
]);

/**
 * @param {Bench} bench
 * @returns {Promise<PartResult>}
 */
export async function measureApi(bench) {
  const { settings, say } = bench;
  const ask = await startProcesses(bench);
  /** @type {Round[]} */
  const rounds = [];
  for (let round = 1; round <= settings.rounds; round += 1) {
    /** @type {Partial<Round>} */
    const loads = {};
    for (const name of LOADS) {
      const load = await ask(name);
      say(`  round ${round}, ${name}: ${told(load)}`);
      loads[name] = load;
    }
    rounds.push(/** @type {Round} */ (loads));
  }
  return { lines: linesOf(rounds, CONNECTIONS), details: { connections: CONNECTIONS, rounds } };
}

/** @param {ServedLoad} load */
function told({ per_second, p50_ms, p99_ms, cpu_us }) {
  const cpu = cpu_us === null ? '' : `, ${cpu_us.toFixed(1)} µs of a processor`;
  return `${per_second.toFixed(0)} per second, p50 ${p50_ms.toFixed(3)} ms, p99 ${p99_ms.toFixed(3)} ms${cpu}`;
}

/** @param {string} name of a file beside this one */
const module = (name) => join(import.meta.dirname, name);

const ADMINISTRATOR = { user: 'admin', password: 'measured' };

/**
 * @param {Bench} bench
 * @param {string} url
 * @param {string | null} authorization
 */
async function startLoad(bench, url, authorization) {
  const load = Child.start(bench, module('load-process.mjs'), {
    ...{ url, connections: CONNECTIONS, authorization },
  });
  await load.ask(null, START_LIMIT_MS);
  return load;
}

/**
 * @param {string} url of an api with a login
 * @returns {Promise<string>} a token that may change apps: the caller who costs most, as the store is asked each time
 */
async function makeToken(url) {
  const { user, password } = ADMINISTRATOR;
  const answer = await fetch(`${url}/api/v3/tokens`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
    },
    body: JSON.stringify({ name: 'bench', rights: 'rw' }),
  });
  if (answer.status !== 201) throw new Error(`POST /tokens: ${answer.status} ${await answer.text()}`);
  const { token } = /** @type {{ token: string }} */ (await answer.json());
  return token;
}

/**
 * @param {Bench} bench
 * @returns {Promise<(load: LoadName) => Promise<ServedLoad>>} puts one load and waits for its end
 */
async function startProcesses(bench) {
  /** @param {string} name */
  const file = (name) => join(bench.folder, name);

  bench.say('  starting two apis, a plain server and a store of its own …');
  const database = file('api.db');
  const open = await Server.start(bench, module('api-process.mjs'), {
    ...{ database, feed: file('api-feed'), administrator: null },
  });
  const guarded = await Server.start(bench, module('api-process.mjs'), {
    ...{ database: file('guarded.db'), feed: file('guarded-feed'), administrator: ADMINISTRATOR },
  });
  const authorization = `Bearer ${await makeToken(guarded.url)}`;
  const load = await startLoad(bench, open.url, null);
  const loadWithToken = await startLoad(bench, guarded.url, authorization);
  // The apps are there by now.
  const plain = await Server.start(bench, module('plain-process.mjs'), { database });
  await requireSameAnswer(open.url, plain.url);
  const store = Child.start(bench, module('store-process.mjs'), {
    database: file('store.db'),
    plain: file('plain.db'),
  });
  await store.ask(null, START_LIMIT_MS);

  const seconds = bench.settings.apiSeconds;
  const limitMs = seconds * 1000 + START_LIMIT_MS;
  /**
   * @param {Child} process
   * @param {object} question
   */
  const ask = async (process, question) => /** @type {Load} */ (await process.ask(question, limitMs));
  /** @param {'get' | 'replace' | 'commit'} operation */
  const stored = async (operation) => ({ ...(await ask(store, { operation, seconds })), cpu_us: null });
  /**
   * @param {Server} server
   * @param {Child} from
   * @param {'GET' | 'PATCH'} method
   */
  const served = async (server, from, method) => {
    const before = await server.processorTime();
    const made = await ask(from, { method, seconds, url: server.url });
    return { ...made, cpu_us: ((await server.processorTime()) - before) / made.operations };
  };
  /** @type {Record<LoadName, () => Promise<ServedLoad>>} */
  const loads = {
    'store.get': () => stored('get'),
    'plain GET': () => served(plain, load, 'GET'),
    GET: () => served(open, load, 'GET'),
    'GET with a token': () => served(guarded, loadWithToken, 'GET'),
    'store.replace': () => stored('replace'),
    PATCH: () => served(open, load, 'PATCH'),
    'PATCH with a token': () => served(guarded, loadWithToken, 'PATCH'),
    commit: () => stored('commit'),
  };
  return async (name) => await loads[name]();
}

/**
 * Only who answers the same can be compared.
 * @param {string} one
 * @param {string} other
 */
async function requireSameAnswer(one, other) {
  const answers = [one, other].map(async (url) => {
    const answer = await fetch(`${url}/api/v3/apps/${loadedApp(0)}`);
    return `${answer.status} ${await answer.text()}`;
  });
  const [first, second] = await Promise.all(answers);
  if (first !== second) throw new Error('the plain server does not answer what the api does');
}
