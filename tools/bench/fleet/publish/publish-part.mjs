/**
 * How long the api takes from a request to the broker's confirmation, with more and more consumers connected.
 */
import { line } from '../../report/lines.mjs';
import { median, percentile, summarize } from '../../report/statistics.mjs';
import { LateReader } from '../api/late-reader.mjs';
import { OwnApi } from '../api/own-api.mjs';
import { startOwnBroker } from '../broker/own-broker.mjs';
import { Consumers } from '../consumers/consumers.mjs';
import { FOLLOWED_APP, FOLLOWED_INPUT } from '../consumers/followed-app.mjs';
import { ownDatabase } from '../database/own-database.mjs';
import { monotonicMs } from '../monotonic.mjs';
import { flatnessOf } from './flatness.mjs';
import { Raw } from './raw.mjs';

/** @import { Line } from '../../report/lines.mjs' */
/** @import { PartResult } from '../../running/bench.mjs' */
/** @import { OwnDatabase } from '../database/own-database.mjs' */
/** @import { FleetBench } from '../fleet-bench.mjs' */

const DATABASES = /** @type {const} */ (['sqlite', 'mongo']);

/** Numbers of consumers before the most that are wanted, as far as they are fewer. */
const STEPS = [0, 100, 1_000];

/**
 * The bare append goes to an app like the other, which the consumers follow as well: what they do with a message costs
 * the processor that both share, so it has to be the same for both.
 */
const RAW_APP = `${FOLLOWED_APP}-raw`;

/** Changes that are made before anything is measured: the first hundreds compile the code. */
const WARM_UP = { whole: 500, quick: 50 };

/** What Nebula may add to the bare operations, milliseconds. */
const MAY_ADD_MS = 3;

/**
 * One change, milliseconds.
 * @typedef {object} Sample
 * @property {number} confirmed from the arrival of the request in the api to the confirmation
 * @property {number} seen the same from when the client began to send it
 * @property {number} after_write from the accepted write to the confirmation
 * @property {number} last from the request until the last consumer had it
 * @property {number} raw_append
 * @property {number} raw_write
 */

/** @typedef {{ consumers: number, samples: Sample[] }} Step */

/** @typedef {{ database: string, steps: Step[] }} Published */

/** @typedef {{ api: OwnApi, raw: Raw, consumers: Consumers }} Parts */

/**
 * @param {FleetBench} bench
 * @returns {Promise<PartResult>}
 */
export async function measurePublish(bench) {
  /** @type {Published[]} */
  const results = [];
  const most = bench.settings.consumers;
  const numbers = [...STEPS.filter((step) => step < most), most];
  for (const kind of DATABASES) {
    const database = await ownDatabase(bench, kind, 'publish');
    results.push(await publishedFrom(bench, database, numbers));
    await database.remove();
  }
  return { lines: results.flatMap(linesOf), details: { app: FOLLOWED_INPUT, results } };
}

/**
 * @param {FleetBench} bench
 * @param {OwnDatabase} database
 * @param {number[]} numbers of consumers, ascending
 * @returns {Promise<Published>}
 */
async function publishedFrom(bench, database, numbers) {
  const { settings, say } = bench;
  const broker = await startOwnBroker(bench);
  const api = await OwnApi.start(bench, {
    rabbit: broker.options('api'),
    store: database.store,
    reports: false,
  });
  for (const app_name of [RAW_APP, FOLLOWED_APP]) {
    await api.call('POST', '/apps', { ...FOLLOWED_INPUT, app_name });
    await api.confirmed(1, app_name);
  }
  const raw = await Raw.start(bench, broker.options('api'), database.other);
  const consumers = await Consumers.start(bench, {
    kind: 'nebula',
    rabbit: broker.options('worker'),
    app: FOLLOWED_APP,
    other: RAW_APP,
  });
  const make = changes(bench, { api, raw, consumers });
  await make(WARM_UP[settings.quick ? 'quick' : 'whole']);

  /** @type {Step[]} */
  const steps = [];
  for (const count of numbers) {
    say(`  connecting ${count} consumers …`);
    await consumers.connect(count);
    const samples = await make(settings.changes);
    steps.push({ consumers: count, samples });
    const confirmed = samples.map((sample) => sample.confirmed);
    say(`  ${database.name}, ${count} consumers: confirmed after ${median(confirmed).toFixed(2)} ms (p50)`);
  }
  await consumers.stop();
  await raw.stop();
  await api.stop();
  return { database: database.name, steps };
}

/**
 * @param {FleetBench} bench
 * @param {Parts} parts
 * @returns {(count: number) => Promise<Sample[]>} makes so many changes, each after the bare operations alone
 */
function changes(bench, parts) {
  let revision = 1;
  return async (count) => {
    // Not one for all: the api ends a connection that is not used while thousands of consumers connect.
    const client = await LateReader.connect(bench, parts.api.url);
    /** @type {Sample[]} */
    const samples = [];
    for (let made = 0; made < count; made += 1) {
      revision += 1;
      samples.push(await sampleOf(revision, client, parts));
    }
    await client.close();
    return samples;
  };
}

/**
 * Each operation begins when the consumers have done what the one before gave them to do, and whoever asks for it, or how
 * it went, rests until it is confirmed: on two processors that decides when the broker comes to confirm.
 * @param {number} revision
 * @param {LateReader} client
 * @param {Parts} parts
 * @returns {Promise<Sample>}
 */
async function sampleOf(revision, client, { api, raw, consumers }) {
  const append = await raw.append(revision, RAW_APP);
  await consumers.have(revision, RAW_APP);
  await consumers.idle();
  const write = await raw.write();
  const confirmed = api.confirmed(revision);
  // It is awaited below. Until then its failure must not end the other parts, as a rejection that nobody handles does.
  confirmed.catch(() => undefined);
  await consumers.idle();
  const begin = monotonicMs();
  const body = JSON.stringify({ env_vars: { CHANGED: String(revision) } });
  client.send('PATCH', `/api/v3/apps/${FOLLOWED_APP}`, 'application/merge-patch+json', body);
  const { at, written_at, arrived_at } = await confirmed;
  const { status, body: answer } = await client.answer();
  if (status !== 200) throw new Error(`a change was answered with ${status}: ${answer}`);
  const last = (await consumers.have(revision)).at(-1) ?? at;
  await consumers.idle();
  return {
    confirmed: at - arrived_at,
    seen: at - begin,
    after_write: at - written_at,
    last: last - begin,
    raw_append: append.ms,
    raw_write: write.ms,
  };
}

/** @param {Published} published @returns {Line[]} */
function linesOf({ database, steps }) {
  return [...steps.flatMap((step) => linesOfStep(database, step)), ...flatnessOf(database, steps)];
}

/** @param {string} database @param {Step} step @returns {Line[]} */
function linesOfStep(database, { consumers, samples }) {
  const part = 'publish';
  const bare = summarize(samples.map(({ raw_append, raw_write }) => raw_append + raw_write));
  const is = `bare append that the broker confirms + the writes of record and history into ${database} alone`;
  const baseline = { is, value: bare };
  const confirmed = samples.map((sample) => sample.confirmed);
  const with_ = `${database}, ${consumers} consumers`;
  return [
    line({
      part,
      what: `${with_}: request to confirmation, p50`,
      unit: 'ms',
      value: summarize(confirmed),
      baseline,
      valueAtMost: bare.median + MAY_ADD_MS,
    }),
    line({
      part,
      what: `${with_}: request to confirmation, p99`,
      unit: 'ms',
      value: percentile(confirmed, 99),
      baseline: { is: baseline.is, value: percentile(bare.samples, 99) },
    }),
    line({
      part,
      what: `${with_}: the same from when the client began to send, p50`,
      unit: 'ms',
      value: summarize(samples.map(({ seen }) => seen)),
    }),
    line({
      part,
      what: `${with_}: accepted write to confirmation, p50`,
      unit: 'ms',
      value: summarize(samples.map((sample) => sample.after_write)),
    }),
    ...(consumers === 0
      ? []
      : [
          line({
            part,
            what: `${with_}: request until the last had it, p50`,
            unit: /** @type {const} */ ('ms'),
            value: summarize(samples.map((sample) => sample.last)),
          }),
        ]),
  ];
}
