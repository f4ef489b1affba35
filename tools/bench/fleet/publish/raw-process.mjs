/**
 * The bare operations that a change is made of, in a process of its own: an append that the broker confirms, and the
 * conditional update in the database with the row or document that keeps the revision before.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { AppStore, createApi } from '@nebula/api';
import { NO_TOKENS, parseAppSpec, streamName } from '@nebula/contracts';
import { quietLogger } from '../../api/quiet-logger.mjs';
import { answerQuestions, input, tell } from '../../api/question.mjs';
import { rawConnection } from '../broker/raw-connection.mjs';
import { FOLLOWED_APP, FOLLOWED_INPUT, followedMessage } from '../consumers/followed-app.mjs';
import { monotonicMs } from '../monotonic.mjs';

/** @import { AppRecord, StoreOptions } from '@nebula/api' */
/** @import { RabbitOptions } from '@nebula/messaging' */

/**
 * `append`: a message of this revision to the stream of an app. `write`: the next revision into the database, and the one
 * before into its history. Without a look at the record before.
 */
/** @typedef {{ do: 'append', revision: number, app: string } | { do: 'write' }} RawQuestion */

/**
 * @typedef {object} RawAnswer
 * @property {number} begin by the shared clock, milliseconds
 * @property {number} ms
 */

/** Long enough for whoever asked to be at rest again, as the machine is when a request to the api comes. Milliseconds. */
const REST_MS = 25;

/** @type {{ rabbit: RabbitOptions, store: StoreOptions }} */
const { rabbit, store: storeOptions } = input();
const connection = await rawConnection(rabbit);
const channel = await connection.createConfirmChannel();
const api = await createApi({
  store: storeOptions,
  feeds: [],
  logger: quietLogger(),
  verify_interval_seconds: 86_400,
  tombstone_retention_days: 90,
  version: 'bench',
});
const store = api.get(AppStore);
/** As it is in the database. */
let newest = firstRecord();
await store.insert(newest);
// Nor does it read what it has read.
await store.get(FOLLOWED_APP);

answerQuestions(answer);
tell('ready');

/** @param {RawQuestion} question @returns {Promise<RawAnswer>} */
async function answer(question) {
  await pause(REST_MS);
  switch (question.do) {
    case 'append': {
      const body = Buffer.from(JSON.stringify(followedMessage(question.revision, question.app)));
      const begin = monotonicMs();
      await append(streamName(question.app), body);
      return { begin, ms: monotonicMs() - begin };
    }
    case 'write': {
      const revision = newest.revision + 1;
      const next = { ...newest, spec: specOf(revision), revision };
      // What it replaces it has written before, so it doesn't read that, as an instance that changes an app again doesn't.
      const begin = monotonicMs();
      if (!(await store.replace(next, newest.revision))) throw new Error('the record was changed by another');
      const ms = monotonicMs() - begin;
      newest = next;
      return { begin, ms };
    }
  }
}

/** @param {string} stream @param {Buffer} body @returns {Promise<void>} */
function append(stream, body) {
  return new Promise((resolve, reject) => {
    channel.sendToQueue(stream, body, { persistent: true }, (error) => {
      if (error) reject(new Error('the append was not confirmed', { cause: error }));
      else resolve();
    });
  });
}

/** @returns {AppRecord} */
function firstRecord() {
  const now = new Date().toISOString();
  return {
    app_name: FOLLOWED_APP,
    spec: specOf(1),
    revision: 1,
    tokens: NO_TOKENS,
    deleted: false,
    created_at: now,
    updated_at: now,
    change: 'created',
    changed_by: 'bench',
    reason: null,
    published: {},
  };
}

/** @param {number} revision */
function specOf(revision) {
  const parsed = parseAppSpec({ ...FOLLOWED_INPUT, env_vars: { CHANGED: String(revision) } });
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join());
  return parsed.value;
}
