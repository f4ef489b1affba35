/**
 * Requests per second, latencies and processor time of the api, against the bare store operation and a plain server.
 */
import { join } from 'node:path';
import { Child } from '../running/child.mjs';
import { linesOf } from './api-lines.mjs';
import { loadedApp } from './loaded-app.mjs';
import { Server } from './server.mjs';

/** @import { Bench, PartResult } from '../running/bench.mjs' */
/** @import { LoadName, Round, Served, ServedLoad } from './api-lines.mjs' */
/** @import { Load } from './load.mjs' */

/** Requests in flight at the same time. */
const CONNECTIONS = 10;
const START_LIMIT_MS = 60_000;

/** Loads that are compared with each other are put in turn, as machines have moods. */
const GETS = /** @type {const} */ (['plain GET', 'GET', 'GET with a token']);
const PATCHES = /** @type {const} */ (['PATCH', 'PATCH with a token']);

/** @typedef {Partial<Round>} SomeLoads */

/**
 * @typedef {object} Measuring
 * @property {(name: LoadName, operation: 'get' | 'replace' | 'commit') => Promise<SomeLoads>} stored one load on the bare store
 * @property {(method: 'GET' | 'PATCH', names: readonly Served[]) => Promise<SomeLoads>} served loads on servers, in turn
 */

/**
 * @param {Bench} bench
 * @returns {Promise<PartResult>}
 */
export async function measureApi(bench) {
  const { settings, say } = bench;
  const { stored, served } = await startProcesses(bench);
  const measurements = [
    () => stored('store.get', 'get'),
    () => served('GET', GETS),
    () => stored('store.replace', 'replace'),
    () => served('PATCH', PATCHES),
    () => stored('commit', 'commit'),
  ];
  /** @type {Round[]} */
  const rounds = [];
  for (let round = 1; round <= settings.rounds; round += 1) {
    /** @type {SomeLoads} */
    const loads = {};
    for (const measure of measurements) {
      const made = await measure();
      for (const [name, load] of Object.entries(made)) say(`  round ${round}, ${name}: ${told(load)}`);
      Object.assign(loads, made);
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
 * @returns {Promise<Measuring>}
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
  const load = Child.start(bench, module('load-process.mjs'), {
    ...{ urls: [open.url, guarded.url], connections: CONNECTIONS, authorization },
  });
  await load.ask(null, START_LIMIT_MS);
  await load.keepApart('asking');
  // The apps are there by now.
  const plain = await Server.start(bench, module('plain-process.mjs'), { database });
  await requireSameAnswer(open.url, plain.url);
  const store = Child.start(bench, module('store-process.mjs'), {
    database: file('store.db'),
    plain: file('plain.db'),
  });
  await store.ask(null, START_LIMIT_MS);

  const seconds = bench.settings.apiSeconds;
  /** @type {Record<Served, Server>} */
  const servers = {
    'plain GET': plain,
    GET: open,
    'GET with a token': guarded,
    PATCH: open,
    'PATCH with a token': guarded,
  };
  return {
    stored: async (name, operation) => {
      const made = await store.ask({ operation, seconds }, seconds * 1000 + START_LIMIT_MS);
      return { [name]: { .../** @type {Load} */ (made), cpu_us: null } };
    },
    served: async (method, names) => {
      const asked = names.map((name) => servers[name]);
      const times = () => Promise.all(asked.map((server) => server.processorTime()));
      const before = await times();
      const question = { method, seconds, urls: asked.map(({ url }) => url) };
      const made = await load.ask(question, names.length * seconds * 1000 + START_LIMIT_MS);
      const after = await times();
      const loads = /** @type {Load[]} */ (made).map((each, index) => {
        const used = (after[index] ?? 0) - (before[index] ?? 0);
        return [names[index], { ...each, cpu_us: used / each.operations }];
      });
      return /** @type {SomeLoads} */ (Object.fromEntries(loads));
    },
  };
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
