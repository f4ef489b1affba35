/**
 * The start of a worker whose containers are right: it should change nothing and know so within a second.
 */
import { join } from 'node:path';
import { LABELS } from '@nebula/contracts';
import { InProcessBroker } from '@nebula/messaging';
import { makeBenchImages } from '../containers/bench-image.mjs';
import { freePortRange } from '../containers/free-port-range.mjs';
import { MeasuredApp } from '../containers/measured-app.mjs';
import { removeOwnThings } from '../containers/removal.mjs';
import { WorkerSession } from '../containers/worker-session.mjs';
import { line } from '../report/lines.mjs';
import { summarize } from '../report/statistics.mjs';
import { inParallel } from '../running/in-parallel.mjs';
import { CountingProxy } from './counting-proxy.mjs';

/** @import { Bench, PartResult } from '../running/bench.mjs' */

/** Where no other is given. It matters little here, since nothing is written. */
const PARALLELISM = 4;
const PLANNED_WITHIN_SECONDS = 1;

/**
 * @typedef {object} Situation
 * @property {string} scope
 * @property {InProcessBroker} broker
 * @property {MeasuredApp} app
 * @property {string} stateDir
 * @property {number} parallelism
 */

/**
 * @param {Bench} bench
 * @returns {Promise<PartResult>}
 */
export async function measureWorkerStart(bench) {
  const { settings, say } = bench;
  const situation = await runContainers(bench);
  const before = await snapshot(bench, situation.scope);
  const proxy = await CountingProxy.open(bench.dockerHost, bench.folder);
  const closeProxy = bench.cleanUp.add('counting proxy', () => proxy.close());

  /** @type {{ start_seconds: number, read_seconds: number, writes: number, calls: Record<string, number> }[]} */
  const rounds = [];
  for (let round = 1; round <= settings.rounds; round += 1) {
    const start_seconds = await startOnce(bench, situation, bench.dockerHost);
    const read_seconds = await readOnce(bench, situation);
    // Counted in a start of its own, since passing on costs time.
    proxy.reset();
    await startOnce(bench, situation, proxy.dockerHost);
    const [writes, calls] = [proxy.writes(), proxy.counts()];
    rounds.push({ start_seconds, read_seconds, writes, calls });
    say(
      `  round ${round}: planned in ${start_seconds.toFixed(3)} s, raw list and inspect ` +
        `${read_seconds.toFixed(3)} s, ${writes} calls that write`,
    );
  }
  await closeProxy();

  const after = await snapshot(bench, situation.scope);
  const touched = [...before].filter(([id, startedAt]) => after.get(id) !== startedAt).length;
  const strangers = [...after.keys()].filter((id) => !before.has(id)).length;
  const count = settings.containers;
  const part = 'start';
  return {
    lines: [
      line({
        part,
        what: 'calls that write, most of a start',
        unit: 'count',
        value: Math.max(...rounds.map(({ writes }) => writes)),
        valueAtMost: 0,
      }),
      line({
        part,
        what: 'containers touched over all starts',
        unit: 'count',
        value: touched + strangers,
        valueAtMost: 0,
      }),
      line({
        part,
        what: `start until planned with ${count}`,
        unit: 's',
        value: summarize(rounds.map(({ start_seconds }) => start_seconds)),
        baseline: {
          is: `raw list of all and inspect of each, parallelism ${situation.parallelism}`,
          value: summarize(rounds.map(({ read_seconds }) => read_seconds)),
        },
        valueAtMost: PLANNED_WITHIN_SECONDS,
      }),
    ],
    details: { rounds },
  };
}

/**
 * Brings the containers up with a worker that ends afterwards.
 * @param {Bench} bench
 * @returns {Promise<Situation>}
 */
async function runContainers(bench) {
  const scope = `bench-${bench.run}-start`;
  const images = await makeBenchImages(bench);
  bench.cleanUp.add('containers of the worker', () => removeOwnThings(bench.docker, scope));
  const broker = new InProcessBroker({ directory: join(bench.folder, 'start-feed') });
  const app = new MeasuredApp(bench, broker, await freePortRange(bench));
  const stateDir = join(bench.folder, 'start-worker');
  const parallelism = bench.settings.parallelism ?? PARALLELISM;

  bench.say(`  starting ${bench.settings.containers} containers …`);
  const worker = await WorkerSession.open(bench, { broker, scope, stateDir, parallelism });
  await worker.listen();
  await worker.converged(await app.publish(images.first));
  await worker.close();
  return { scope, broker, app, stateDir, parallelism };
}

/**
 * @param {Bench} bench
 * @param {Situation} situation
 * @param {string} dockerHost
 * @returns {Promise<number>} seconds from listen() until the report says converged
 */
async function startOnce(bench, { scope, broker, app, stateDir, parallelism }, dockerHost) {
  const worker = await WorkerSession.open(bench, { broker, scope, stateDir, parallelism, dockerHost });
  const begin = performance.now();
  await worker.listen();
  await worker.converged(app.revision);
  const seconds = (performance.now() - begin) / 1000;
  await worker.close();
  return seconds;
}

/**
 * What anybody must read who wants to know whether the containers are right.
 * @param {Bench} bench
 * @param {Situation} situation
 * @returns {Promise<number>} seconds
 */
async function readOnce({ docker, stopping }, { scope, parallelism }) {
  const begin = performance.now();
  const listed = await docker.listContainers({
    all: true,
    filters: { label: [`${LABELS.scope}=${scope}`] },
  });
  await inParallel(listed, parallelism, ({ Id }) => docker.getContainer(Id).inspect(), stopping);
  return (performance.now() - begin) / 1000;
}

/**
 * @param {Bench} bench
 * @param {string} scope
 * @returns {Promise<Map<string, string>>} when each container was started, by id
 */
async function snapshot({ docker }, scope) {
  const listed = await docker.listContainers({
    all: true,
    filters: { label: [`${LABELS.scope}=${scope}`] },
  });
  const inspected = await Promise.all(listed.map(({ Id }) => docker.getContainer(Id).inspect()));
  return new Map(inspected.map(({ Id, State }) => [Id, State.StartedAt]));
}
