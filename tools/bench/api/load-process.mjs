/**
 * Puts load on servers from a process of its own.
 */
import autocannon from 'autocannon';
import { inTurn } from './in-turn.mjs';
import { loadedApp, loadedSpec, patchOf } from './loaded-app.mjs';
import { loadOf, middleOf } from './load.mjs';
import { answerQuestions, input, tell } from './question.mjs';

/** @import { Load } from './load.mjs' */

/**
 * @typedef {object} LoadQuestion
 * @property {'GET' | 'PATCH'} method
 * @property {number} seconds of load on each server
 * @property {string[]} urls of the servers, which are loaded in turn
 */

/** @type {{ urls: string[], connections: number, authorization: string }} */
const { urls: owners, connections, authorization } = input();

/** How long a server is loaded until it is another's turn, seconds. */
const SLICE = 0.5;

/** Sent to all, as to read one more header takes time too. Who asks nobody who they are passes over it. */
const login = { authorization };

/** One for each connection, so that changes don't refuse each other. */
const apps = Array.from({ length: connections }, (_, index) => loadedApp(index));
/** Over all loads, so that each change is one. */
let changes = 0;

for (const url of owners) for (const app of apps) await create(url, app);
answerQuestions(putLoads);
tell('ready');

/**
 * @param {string} url
 * @param {string} app
 */
async function create(url, app) {
  const answer = await fetch(`${url}/api/v3/apps`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...login },
    body: JSON.stringify(loadedSpec(app)),
  });
  if (answer.status !== 201) throw new Error(`POST /apps: ${answer.status} ${await answer.text()}`);
}

/**
 * A second in which the machine is slow is one of all servers, and the middle of the slices says nothing of it.
 * @param {LoadQuestion} question
 * @returns {Promise<Load[]>} one for each server
 */
async function putLoads({ method, seconds, urls }) {
  const loads = urls.map((url) => ({ url, slices: /** @type {Load[]} */ ([]) }));
  for (const { url, slices } of inTurn(loads, Math.max(1, Math.round(seconds / SLICE)))) {
    slices.push(await putSlice(url, method));
  }
  return loads.map(({ slices }) => middleOf(slices));
}

/**
 * @param {string} url
 * @param {'GET' | 'PATCH'} method
 * @returns {Promise<Load>}
 */
async function putSlice(url, method) {
  /** @type {number[]} */
  const latencies = [];
  let next = 0;
  const begin = performance.now();
  /** @type {autocannon.Result} */
  const result = await new Promise((resolve, reject) => {
    const load = autocannon(
      {
        ...{ url, connections, headers: login },
        duration: SLICE,
        // It looks so often whether it should end, milliseconds.
        sampleInt: 50,
        setupClient: (client) => {
          const path = `/api/v3/apps/${apps[next % apps.length] ?? ''}`;
          next += 1;
          client.setRequests([method === 'GET' ? { method, path } : changing(path)]);
        },
      },
      (error, ended) => (error ? reject(new Error('no load was made', { cause: error })) : resolve(ended)),
    );
    // autocannon's own histogram has whole milliseconds, which is more than a GET takes.
    load.on('response', (_client, status, _bytes, milliseconds) => {
      if (status === 200) latencies.push(milliseconds);
    });
  });
  const failed = result.errors + result.timeouts + result.non2xx;
  if (failed > 0) throw new Error(`${failed} of the ${method} requests failed`);
  return loadOf(latencies, (performance.now() - begin) / 1000);
}

/**
 * @param {string} path
 * @returns {autocannon.Request}
 */
function changing(path) {
  return {
    method: 'PATCH',
    path,
    headers: { 'content-type': 'application/merge-patch+json', ...login },
    setupRequest: (request) => {
      changes += 1;
      return { ...request, body: JSON.stringify(patchOf(changes)) };
    },
  };
}
