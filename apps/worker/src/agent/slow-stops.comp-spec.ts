import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { wanted } from './testing/messages.js';
import { WorkerUnderTest } from './testing/worker-under-test.js';

let worker: WorkerUnderTest;
let end: () => void = () => undefined;

beforeEach(async () => {
  worker = await WorkerUnderTest.open();
  await worker.start();
});

afterEach(async () => {
  end();
  await worker.destroy();
});

it('containers that take their time to end hold up no other app', async () => {
  const { engine } = worker;
  const containers_per = { server: 10 };
  worker.receive(wanted({ app_name: 'slow', spec: { containers_per } }));
  worker.receive(wanted());
  await worker.reported({ app_name: 'slow', state: 'converged' }, 10_000);
  await worker.reported({ app_name: 'web', state: 'converged' }, 10_000);
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  engine.before = ({ verb, subject }) => (verb === 'stop' && subject.startsWith('slow') ? ended : undefined);
  worker.receive(wanted({ app_name: 'slow', revision: 2, spec: { running: false, containers_per } }));
  await worker.reported({ app_name: 'slow', state: 'converging', revision: 2 });
  worker.receive(wanted({ revision: 2, spec: { docker_image: 'shop:2' } }));
  await worker.reported({ app_name: 'web', state: 'converged', revision: 2 }, 10_000);
  expect(engine.of('slow').filter(({ state }) => state === 'running')).toHaveLength(10);
  end();
  await worker.reported({ app_name: 'slow', state: 'converged', revision: 2 }, 10_000);
});
