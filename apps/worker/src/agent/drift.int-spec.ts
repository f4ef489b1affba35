import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { eventually } from '../container-runtime/testing/eventually.js';
import { FaultProxy } from '../container-runtime/testing/fault-proxy.js';
import { IMAGES, WorkerOnEngine } from './testing/worker-on-engine.js';

let worker: WorkerOnEngine;

beforeEach(async () => {
  worker = await WorkerOnEngine.open();
}, 60_000);

afterEach(async () => {
  await worker.destroy();
}, 60_000);

it('a restart policy that somebody changed by docker update is itself again, without a restart', async () => {
  await worker.start();
  await worker.want(1);
  await worker.reported({ state: 'converged' });
  const before = await worker.containers();
  const container = worker.engine.docker.getContainer(before[0]?.id ?? '');
  for (const Name of ['no', 'unless-stopped', 'on-failure']) {
    await container.update({ RestartPolicy: { Name } });
    await eventually(async () => {
      expect((await container.inspect()).HostConfig.RestartPolicy?.Name).toBe('always');
    });
  }
  expect(await worker.containers()).toEqual(before);
});

it('a container with our labels that somebody made is replaced by one that is right', async () => {
  await worker.start();
  await worker.want(1, { containers_per: { server: 2 } });
  await worker.reported({ state: 'converged' });
  const before = await worker.containers();
  const labels = (replica: string): Record<string, string> => ({
    'nebula.scope': worker.engine.scope,
    'nebula.app': worker.app,
    'nebula.replica': replica,
    'nebula.fingerprint': 'v1:made-up',
  });
  const made: string[] = [];
  // A second one of a replica, one that there is no replica for, and one whose labels say nothing.
  for (const replica of ['1', '7', 'x']) {
    const Labels = labels(replica);
    const container = await worker.engine.docker.createContainer({ Image: IMAGES[0], Labels });
    await container.start();
    made.push(container.id);
  }
  await eventually(async () => expect(await worker.containers()).toEqual(before));
  expect(made).toHaveLength(3);

  // In the place of a replica that is gone.
  await worker.close();
  const [first, second] = before;
  await worker.engine.docker.getContainer(second?.id ?? '').remove({ force: true });
  const Labels = labels('2');
  const name = second?.name ?? '';
  const imitation = await worker.engine.docker.createContainer({ name, Image: IMAGES[0], Labels });
  await imitation.start();
  worker.forgetReports();
  await worker.start();
  await worker.reported({ state: 'converged' });
  const after = await worker.containers();
  expect(after).toMatchObject([first, { name, running: true }]);
  expect(after[1]?.id).not.toBe(imitation.id);
}, 60_000);

it('an idle worker asks nothing between two looks at everything, which are not all equally far apart', async () => {
  const proxy = await FaultProxy.open(worker.engine.host);
  try {
    await worker.start({ docker_host: proxy.host, resync_seconds: 2 });
    // Ready at once, so that there is nothing to look for in between.
    await worker.want(1, { containers_per: { server: 3 }, update: { min_ready_seconds: 0 } });
    await worker.reported({ state: 'converged' });
    // The app asks once in each look which networks there are, and nobody else asks that.
    const looks: number[] = [];
    let calls = 0;
    let pings = 0;
    proxy.fault = ({ route }) => {
      if (route === '/_ping') {
        pings += 1;
        return null;
      }
      if (route === '/networks') looks.push(performance.now());
      calls += 1;
      return null;
    };
    proxy.forget();
    await eventually(() => expect(looks.length).toBeGreaterThan(5), 40_000);
    const gaps = looks.slice(1).map((time, n) => time - (looks[n] ?? 0));
    // That a quiet engine is still there is looked at as well, and no more often.
    expect(pings).toBeGreaterThan(0);
    // One more where the looks began later.
    expect(pings).toBeLessThanOrEqual(looks.length + 1);
    // From three quarters to five quarters of the interval.
    for (const gap of gaps.slice(1)) expect(gap).toBeGreaterThan(1_400);
    expect(Math.max(...gaps) - Math.min(...gaps)).toBeGreaterThan(20);
    expect(proxy.writes).toEqual([]);
    // Everything once for the server, and once for the app: its list, containers, networks, image.
    expect(calls / looks.length).toBeLessThan(14);
  } finally {
    await worker.close();
    await proxy.close();
  }
}, 90_000);
