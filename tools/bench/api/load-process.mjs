/**
 * Puts load on the api from a process of its own.
 */
import autocannon from 'autocannon';
import { loadedApp, loadedSpec, patchOf } from './loaded-app.mjs';
import { loadOf } from './load.mjs';
import { answerQuestions, input, tell } from './question.mjs';

/** @import { Load } from './load.mjs' */

/**
 * @typedef {object} LoadQuestion
 * @property {'GET' | 'PATCH'} method
 * @property {number} seconds
 * @property {string} [url] of another server that has the same apps
 */

/** @type {{ url: string, connections: number, authorization: string | null }} */
const { url, connections, authorization } = input();

const login = authorization === null ? {} : { authorization };

/** One for each connection, so that changes don't refuse each other. */
const apps = Array.from({ length: connections }, (_, index) => loadedApp(index));
/** Over all loads, so that each change is one. */
let changes = 0;

for (const app of apps) await create(app);
answerQuestions(putLoad);
tell('ready');

/** @param {string} app */
async function create(app) {
  const answer = await fetch(`${url}/api/v3/apps`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...login },
    body: JSON.stringify(loadedSpec(app)),
  });
  if (answer.status !== 201) throw new Error(`POST /apps: ${answer.status} ${await answer.text()}`);
}

/**
 * @param {LoadQuestion} question
 * @returns {Promise<Load>}
 */
async function putLoad({ method, seconds, url: at = url }) {
  /** @type {number[]} */
  const latencies = [];
  let next = 0;
  /** @type {autocannon.Result} */
  const result = await new Promise((resolve, reject) => {
    const load = autocannon(
      {
        url: at,
        connections,
        headers: login,
        duration: seconds,
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
  return loadOf(latencies, result.duration);
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
