/**
 * An api of its own on RabbitMQ, in a process that knows what it was asked and what it has called.
 */
import { AppStore, createApi, FleetStore } from '@nebula/api';
import { RabbitFeed, RabbitReportStrategy } from '@nebula/messaging';
import { quietLogger } from '../../api/quiet-logger.mjs';
import { answerQuestions, input, tell } from '../../api/question.mjs';
import { monotonicMs } from '../monotonic.mjs';
import { countCalls } from './counted-calls.mjs';
import { TimedFeed } from './timed-feed.mjs';

/** @import { StoreOptions } from '@nebula/api' */
/** @import { RabbitOptions } from '@nebula/messaging' */

/**
 * @typedef {object} ApiInput
 * @property {RabbitOptions} rabbit
 * @property {StoreOptions} store
 * @property {boolean} reports whether it takes reports
 * @property {number} [verifyIntervalSeconds] a day when absent: nothing is verified while something else is measured
 */

/**
 * `confirmed`: when the last request arrived, and this revision of an app was written and confirmed. `reads`: waits for so many reads of streams since `reset`.
 * `counts`: of calls since `reset`.
 * @typedef {{ ask: 'confirmed', app: string, revision: number } | { ask: 'reads', count: number } | { ask: 'counts' } | { ask: 'reset' }} ApiQuestion
 */

/**
 * @typedef {object} Counts calls by name
 * @property {number} requests over HTTP
 * @property {Record<string, number>} apps of the store of the apps
 * @property {Record<string, number>} fleet of the store of the workers
 * @property {Record<string, number>} feed
 * @property {number} processor_seconds of the process since its start
 */

const DAY_SECONDS = 86_400;

/** Calls of the store that write a change, and answer whether they have. */
const WRITES = ['replace', 'replaceRemembered'];

/** @type {ApiInput} */
const { rabbit, store, reports, verifyIntervalSeconds = DAY_SECONDS } = input();
const feed = new TimedFeed(
  new RabbitFeed({ ...rabbit, region: 'default', connection_name: 'bench api feed' }),
);
const api = await createApi({
  store,
  feeds: [feed],
  ...(reports
    ? { reports: new RabbitReportStrategy({ ...rabbit, connection_name: 'bench api reports' }) }
    : {}),
  logger: quietLogger(),
  verify_interval_seconds: verifyIntervalSeconds,
  tombstone_retention_days: 90,
  version: 'bench',
});
let requests = 0;
/** When the last request arrived, by the shared clock. */
let arrivedAt = 0;
/** @type {Record<string, number>} */
const appCalls = {};
/** @type {Record<string, number>} */
const fleetCalls = {};
/** When the last accepted change was written, by the shared clock. */
let writtenAt = 0;
countCalls(api.get(AppStore), appCalls, (name, result) => {
  if (WRITES.includes(name) && result === true) writtenAt = monotonicMs();
});
countCalls(api.get(FleetStore), fleetCalls);
api
  .getHttpAdapter()
  .getInstance()
  .addHook('onRequest', (_request, _reply, done) => {
    requests += 1;
    arrivedAt = monotonicMs();
    done();
  });
await api.listen(0, '127.0.0.1');

answerQuestions(answer);
process.on('SIGTERM', () => void end());
tell({ url: await api.getUrl() });

/** @param {ApiQuestion} question */
async function answer(question) {
  switch (question.ask) {
    case 'confirmed': {
      const at = await called(() => feed.confirmedAt(question.app, question.revision));
      return { at, written_at: writtenAt, arrived_at: arrivedAt };
    }
    case 'reads':
      return await called(() => ((feed.counts['readNewest'] ?? 0) >= question.count ? true : null));
    case 'counts': {
      const { user, system } = process.cpuUsage();
      return {
        requests,
        apps: appCalls,
        fleet: fleetCalls,
        feed: feed.counts,
        processor_seconds: (user + system) / 1e6,
      };
    }
    case 'reset':
      requests = 0;
      for (const counts of [appCalls, fleetCalls, feed.counts]) {
        for (const name of Object.keys(counts)) delete counts[name];
      }
      return 'reset';
  }
}

/**
 * Waits for calls of the feed until something is there.
 * @template T
 * @param {() => T | null} look
 * @returns {Promise<T>}
 */
function called(look) {
  return new Promise((resolve) => {
    feed.onCall = () => {
      const found = look();
      if (found === null) return;
      feed.onCall = () => undefined;
      resolve(found);
    };
    feed.onCall();
  });
}

async function end() {
  await api.close();
  await feed.close();
  process.exit(0);
}
