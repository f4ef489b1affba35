/**
 * The api on SQLite in a process of its own, with an app of a whole fleet and one of a single worker.
 */
import { createApi, FleetStore } from '@nebula/api';
import { REPORT_SCHEMA } from '@nebula/contracts';
import { InProcessBroker } from '@nebula/messaging';
import { quietLogger } from '../api/quiet-logger.mjs';
import { answerQuestions, input, tell } from '../api/question.mjs';

/** So many are written at a time. */
const BATCH = 500;

/** They are online all the time. */
const INTERVAL_SECONDS = 3_600;

const WORKER = {
  ...{ hostname: 'edge', engine_version: '28.0.0', architecture: 'x86_64', worker_version: '3.0.0' },
  ...{ cores: 4, memory_bytes: 8_000_000_000, labels: { region: 'eu' } },
};

/** @type {{ database: string, feed: string, apps: Record<string, number> }} number of workers by app */
const { database, feed, apps } = input();
const broker = new InProcessBroker({ directory: feed });
const api = await createApi({
  store: { kind: 'sqlite', path: database },
  feeds: [broker.feed],
  logger: quietLogger(),
  ...{ verify_interval_seconds: 86_400, tombstone_retention_days: 90, version: 'bench' },
});
await api.listen(0, '127.0.0.1');
const url = await api.getUrl();
const fleet = api.get(FleetStore);
for (const [app, workers] of Object.entries(apps)) await fill(app, workers);
answerQuestions(async () => process.cpuUsage());
tell({ url });

/**
 * @param {string} app
 * @param {number} workers
 */
async function fill(app, workers) {
  const answer = await fetch(`${url}/api/v3/apps`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ app_name: app, docker_image: 'bench:1', containers_per: { server: 4 } }),
  });
  if (answer.status !== 201) throw new Error(`POST /apps: ${answer.status} ${await answer.text()}`);
  for (let first = 0; first < workers; first += BATCH) {
    const ids = Array.from({ length: Math.min(BATCH, workers - first) }, (_, index) => {
      return `${app}-${String(first + index).padStart(6, '0')}`;
    });
    const saved = await fleet.saveWorkers(ids.map((id) => ({ before: null, after: workerOf(id, app) })));
    if (saved.includes(false)) throw new Error('a worker was not written');
    await fleet.saveReports(ids.map((id) => reportOf(id, app)));
  }
}

/**
 * One that has converged.
 * @param {string} worker_id
 * @param {string} app_name
 */
function workerOf(worker_id, app_name) {
  const now = Date.now();
  return {
    ...{ worker_id, facts: WORKER, interval_seconds: INTERVAL_SECONDS, duplicate: null, version: 1 },
    ...{ first_seen_at: now, last_seen_at: now },
    boots: [
      {
        ...{ nonce: 'boot-1', number: 1, sequence: 1, lowest: 1, heartbeat: 1, returns: 0 },
        ...{ first_seen_at: now, seen_at: now },
      },
    ],
    apps: [
      {
        ...{ app_name, epoch: 1, revision: 1, deleted: false, state: /** @type {const} */ ('converged') },
        ...{ error_step: null, listed_at: now, converged_at: now, took_ms: worker_id.charCodeAt(8) * 10 },
        ...{ previous: null, boot: 1, sequence: 1, update: null, image_ids: ['sha256:9d1c'] },
      },
    ],
  };
}

/**
 * @param {string} worker_id
 * @param {string} app_name
 */
function reportOf(worker_id, app_name) {
  return {
    report: {
      ...{ schema: REPORT_SCHEMA, kind: /** @type {const} */ ('report'), worker_id, boot_nonce: 'boot-1' },
      ...{ sequence: 1, worker: WORKER, app_name, epoch: 1, revision: 1, deleted: false },
      ...{ state: /** @type {const} */ ('converged'), last_error: null, progress: null },
      containers: [1, 2, 3, 4].map((replica) => ({
        ...{ id: `4f2a${replica}`, name: `${app_name}-${replica}`, replica, restart_count: 0 },
        ...{ state: /** @type {const} */ ('running'), health: /** @type {const} */ ('none') },
        ...{ image: 'bench:1', image_id: 'sha256:9d1c', ports: [{ host_port: 80, container_port: 80 }] },
      })),
    },
    boot: 1,
    received_at: Date.now(),
  };
}
