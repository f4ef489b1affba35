/**
 * The worker that is measured, with the app that it is given.
 */
import { join } from 'node:path';
import { LABELS } from '@nebula/contracts';
import { InProcessBroker } from '@nebula/messaging';
import { MeasuredApp } from './measured-app.mjs';
import { removeOwnThings } from './removal.mjs';
import { WorkerSession } from './worker-session.mjs';

/** @import { Bench } from '../running/bench.mjs' */

/** @typedef {{ scope: string, worker: WorkerSession, app: MeasuredApp }} MeasuredWorker */

/**
 * @param {Bench} bench
 * @param {string} part of the benchmark: no other part's worker and feed are taken up, whose revisions are newer
 * @param {number} firstPort
 * @param {number} parallelism
 * @returns {Promise<MeasuredWorker>}
 */
export async function openWorker(bench, part, firstPort, parallelism) {
  const scope = `bench-${bench.run}`;
  bench.cleanUp.add('containers of the worker', () => removeOwnThings(bench.docker, scope));
  const broker = new InProcessBroker({ directory: join(bench.folder, `${part}-feed`) });
  const stateDir = join(bench.folder, `${part}-worker`);
  const worker = await WorkerSession.open(bench, { broker, scope, stateDir, parallelism });
  await worker.listen();
  await worker.ready();
  return { scope, worker, app: new MeasuredApp(bench, broker, firstPort) };
}

/**
 * The worker's word is not enough: what runs is what the engine says.
 * @param {Bench} bench
 * @param {string} scope
 * @param {string} image
 */
export async function assertAllRun({ docker, settings }, scope, image) {
  const there = await docker.listContainers({ all: true, filters: { label: [`${LABELS.scope}=${scope}`] } });
  const right = there.filter(({ State, Image }) => State === 'running' && Image === image);
  if (right.length === settings.containers && there.length === right.length) return;
  throw new Error(
    `the worker says that it has converged, but ${right.length} of ${there.length} containers run ${image}`,
  );
}
