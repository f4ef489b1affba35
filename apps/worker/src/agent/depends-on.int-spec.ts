import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventually } from '../container-runtime/testing/eventually.js';
import { WorkerOnEngine } from './testing/worker-on-engine.js';

const LIMIT = 60_000;

let worker: WorkerOnEngine;

beforeAll(async () => {
  worker = await WorkerOnEngine.open();
  await worker.start();
}, LIMIT);

afterAll(async () => {
  await worker.destroy();
}, LIMIT);

it(
  'nothing of an app is made before the one that it depends on is healthy, and an update of that one touches nothing',
  async () => {
    const [web, db] = [worker.app, `${worker.app}-db`];
    // Its check goes on for as long as it takes, and can't call it unhealthy meanwhile.
    const health_check = {
      command: ['test', '-e', '/well'],
      interval_seconds: 0.5,
      start_period_seconds: 600,
    };
    const wantDb = async (revision: number): Promise<void> =>
      await worker.want(revision, { health_check, env_vars: { STEP: String(revision) } }, { app_name: db });
    await wantDb(1);
    await worker.want(1, { depends_on: [db], containers_per: { server: 2 } });
    await worker.reported({ app_name: db, state: 'converging' }, LIMIT);
    await worker.reported({ state: 'converging' }, LIMIT);
    await worker.logged(`waits for the app ${db}, which has not run as wanted here yet`, LIMIT);
    const [made] = await worker.containers(db);
    expect(made?.running).toBe(true);
    expect(await worker.containers()).toEqual([]);

    const since = Date.now();
    await worker.engine.inside(made?.id ?? '', 'touch', '/well');
    await worker.reported({ state: 'converged' }, LIMIT);
    const before = await worker.containers();
    expect(before.map(({ running }) => running)).toEqual([true, true]);
    for (const { started_at } of before) {
      expect(started_at > (made?.started_at ?? '')).toBe(true);
      expect(Date.parse(started_at)).toBeGreaterThanOrEqual(since);
    }

    await wantDb(2);
    // The new one waits for its file.
    await worker.reported({ app_name: db, revision: 2, state: 'converging' }, LIMIT);
    const next = await eventually(async () => {
      const containers = await worker.containers(db);
      const found = containers.find(({ id, running }) => running && id !== made?.id);
      if (!found) throw new Error(`There is no new one of ${db}: ${JSON.stringify(containers)}`);
      return found;
    }, LIMIT);
    await worker.engine.inside(next.id, 'touch', '/well');
    await worker.reported({ app_name: db, revision: 2, state: 'converged' }, LIMIT);
    expect(await worker.containers(web)).toEqual(before);
  },
  3 * LIMIT,
);
