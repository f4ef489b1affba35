import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { killedAt, type KillableRuntime } from './testing/killable-runtime.js';
import { wanted } from './testing/messages.js';
import { WorkerUnderTest } from './testing/worker-under-test.js';

const VERBS = new Set([
  'pull',
  'make',
  'start',
  'stop',
  'rename',
  'setRestartPolicy',
  'connect',
  'disconnect',
  'remove',
  'createNetwork',
]);

const OLD = wanted({ spec: { containers_per: { server: 2 }, starting_ports: [8080] } });
const NEW = wanted({
  revision: 2,
  spec: { containers_per: { server: 2 }, starting_ports: [{ '8081': '8080' }], docker_image: 'new:1' },
});

let worker: WorkerUnderTest;
let killable: KillableRuntime | null = null;

beforeEach(async () => {
  worker = await WorkerUnderTest.open();
  worker.engine.registry.set('new:1', 'id of new:1');
  await worker.start();
  worker.receive(OLD);
  await worker.reported({ state: 'converged', revision: 1 });
  await worker.close();
  worker.reports.length = 0;
});

afterEach(async () => {
  killable?.bury();
  await worker.destroy();
});

// A pull, and for both containers: create, policy, stop, rename, rename, start, remove.
const calls = [1, 2, 4, 6, 8, 10, 12, 15].map((nth, index) => ({ nth, done: index % 2 === 0 }));

it.each(calls)(
  'a worker killed at its writing call number $nth (done: $done) goes on to where it was going, without a feed',
  async ({ nth, done }) => {
    const { engine } = worker;
    const death = new Promise<void>((resolve) => {
      killable = killedAt(engine, VERBS, nth, done, resolve);
    });
    await worker.start(killable ? { runtime: killable.runtime } : {});
    worker.receive(NEW);
    await death;
    worker.abandon();

    await worker.start();
    await worker.reported({ state: 'converged', revision: 2 });
    const containers = [...engine.containers.values()].sort((a, b) => a.replica - b.replica);
    expect(
      containers.map(({ name, state, image, restart_policy }) => [name, state, image, restart_policy]),
    ).toEqual([
      ['web-1', 'running', 'new:1', 'always'],
      ['web-2', 'running', 'new:1', 'always'],
    ]);
    expect(containers.map(({ ports }) => ports[0]?.host_port)).toEqual([8081, 8082]);
  },
);
