import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import type { ContainerReport } from '@nebula/contracts';
import { type AnyMongo, anyMongo } from '../../../../../tools/services/mongo.mjs';
import { InboxSurroundings, inboxOn } from '../../workers/testing/inbox-under-test.js';
import type { AppView, WorkerRecord } from '../fleet-records.js';
import type { FleetStore } from '../fleet-store.js';
import { createMongoDatabase, openStores } from '../testing/mongo-under-test.js';
import { appOn, reportOf, workerOf } from '../testing/records.js';
import { MONGO_LIMITS } from './mongo-options.js';

jest.setTimeout(600_000);

const BATCH = 1_000;
const WORKERS = 10_000;
const VIEW: AppView = {
  app_name: 'shop',
  position: { epoch: 1, revision: 7 },
  deleted: false,
  silence: { now: 1_000, listened_ms: 10_000_000 },
};

let server: AnyMongo;
let database: ReturnType<typeof createMongoDatabase>;
let fleet: FleetStore;

beforeAll(async () => {
  server = await anyMongo((line) => process.stderr.write(`${line}\n`));
  database = createMongoDatabase(server.url);
  ({ fleet } = await database.open());
});

afterAll(async () => {
  try {
    await database?.destroy();
  } finally {
    await server?.remove();
  }
});

it('10,000 workers are written, counted and found', async () => {
  const all = Array.from({ length: WORKERS }, (_, n) => {
    const state = n % 100 === 0 ? 'failed' : 'converged';
    const apps = [appOn('lb'), appOn('shop', { revision: n % 2 === 0 ? 7 : 6, state, took_ms: n })];
    return workerOf(`w${String(n).padStart(5, '0')}`, { apps });
  });
  const inBatches = async (write: (batch: WorkerRecord[]) => Promise<unknown>) => {
    for (let from = 0; from < all.length; from += BATCH) await write(all.slice(from, from + BATCH));
  };
  await inBatches(async (batch) => {
    const written = await fleet.saveWorkers(batch.map((after) => ({ before: null, after })));
    expect(written.every(Boolean)).toBe(true);
    await fleet.saveReports(
      batch.map(({ worker_id }) => ({ report: reportOf({ worker_id }), boot: 1, received_at: 1 })),
    );
  });
  // A heartbeat of each.
  await inBatches(async (batch) => {
    const known = await fleet.workers(batch.map(({ worker_id }) => worker_id));
    expect(known).toHaveLength(BATCH);
    const changes = known.map((before) => ({
      before,
      after: { ...before, last_seen_at: before.last_seen_at + 60_000, version: before.version + 1 },
    }));
    const written = await fleet.saveWorkers(changes);
    expect(written.every(Boolean)).toBe(true);
  });

  expect(await fleet.overview(VIEW)).toEqual({
    states: {
      converged: WORKERS / 2 - WORKERS / 100,
      converging: WORKERS / 2,
      failed: WORKERS / 100,
      offline: 0,
    },
    revisions: [
      { epoch: 1, revision: 7, workers: WORKERS / 2, converged: WORKERS / 2 - WORKERS / 100 },
      { epoch: 1, revision: 6, workers: WORKERS / 2, converged: WORKERS / 2 },
    ],
    convergence: { p50_ms: WORKERS / 2 - 2, p99_ms: WORKERS * 0.99 - 2 },
    images: [],
    updates: { rolling: 0, done: 0, paused: 0, rolling_back: 0, rolled_back: 0 },
  });
  const { rows: failed } = await fleet.appPage(VIEW, {
    state: 'failed',
    limit: 3,
    order: { by: 'worker_id', after: 'w00500' },
  });
  expect(failed.map(({ worker }) => worker.worker_id)).toEqual(['w00600', 'w00700', 'w00800']);
  expect(failed.map(({ report }) => report?.report.worker_id)).toEqual(['w00600', 'w00700', 'w00800']);
  const { rows: slowest } = await fleet.appPage(VIEW, { limit: 2, order: { by: 'slowest' } });
  expect(slowest.map(({ worker }) => worker.worker_id)).toEqual(['w09998', 'w09996']);
  const page = await fleet.workerPage({ silence: VIEW.silence, app: 'lb', after: 'w05000', limit: 2 });
  expect(page.map(({ worker_id, version }) => [worker_id, version])).toEqual([
    ['w05001', 2],
    ['w05002', 2],
  ]);
});

it('a report that is larger than a document may be costs itself alone', async () => {
  const around = new InboxSurroundings();
  const { inbox } = inboxOn(await database.open(), around);
  const container: ContainerReport = {
    ...{ replica: 1, state: 'running', health: 'none', restart_count: 0, ports: [] },
    ...{
      id: '漢'.repeat(512),
      name: '漢'.repeat(512),
      image: '漢'.repeat(1_024),
      image_id: '漢'.repeat(512),
    },
  };
  // 19 MB, which the contract allows, and no transport brings.
  const containers = Array.from({ length: 2_500 }, () => container);
  const said = [
    reportOf({ worker_id: 'large', containers }),
    ...['before', 'behind'].map((worker_id) => reportOf({ worker_id })),
  ];
  await Promise.all(said.map((payload) => inbox.receive({ payload, user_id: null })));
  expect([inbox.lost, inbox.invalid]).toEqual([1, 0]);
  for (const id of ['before', 'behind']) expect(await fleet.reportsOf(id)).toHaveLength(1);
  expect(await fleet.reportsOf('large')).toEqual([]);
  expect(around.paused).toBe(false);
});

it('a worker with very many reports is forgotten by calls none of which takes longer than it may', async () => {
  await fleet.saveWorkers([{ before: null, after: workerOf('many') }]);
  for (let from = 0; from < 4 * BATCH; from += BATCH) {
    const reports = Array.from({ length: BATCH }, (_, n) => ({
      ...{ report: reportOf({ worker_id: 'many', app_name: `app-${from + n}` }), boot: 1, received_at: 1 },
    }));
    await fleet.saveReports(reports);
  }
  // What is slow here is slow for as long as all take together, not for a call.
  const limited = await openStores(database.options, { ...MONGO_LIMITS, call: 20_000, silence: 20_000 });
  try {
    expect(await limited.fleet.forget('many', 1)).toBe(true);
  } finally {
    await limited.apps.close();
  }
  expect(await fleet.reportsOf('many')).toEqual([]);
  expect(await fleet.workers(['many'])).toEqual([]);
});
