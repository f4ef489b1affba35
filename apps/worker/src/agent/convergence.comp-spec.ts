import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../container-runtime/testing/eventually.js';
import type { MemoryEngine } from './testing/memory-engine.js';
import { deleted, wanted } from './testing/messages.js';
import { WorkerUnderTest } from './testing/worker-under-test.js';

let worker: WorkerUnderTest;
let engine: MemoryEngine;

beforeEach(async () => {
  worker = await WorkerUnderTest.open();
  engine = worker.engine;
});

afterEach(async () => {
  await worker.destroy();
});

/** Names and ids, which say whether something was touched. */
function running(app = 'web'): string[] {
  return engine
    .of(app)
    .filter(({ state }) => state === 'running')
    .map(({ id, name }) => `${name} ${id}`);
}

describe('an app', () => {
  it('gets its containers, and a report says so', async () => {
    await worker.start();
    worker.receive(wanted({ spec: { containers_per: { server: 2 }, starting_ports: [8080] } }));
    const report = await worker.reported({ state: 'converged', revision: 1 });
    expect(running()).toEqual(['web-1 c1', 'web-2 c2']);
    expect(report).toMatchObject({ worker_id: 'engine-1', epoch: 1, deleted: false, last_error: null });
    expect(report.worker).toMatchObject({ hostname: 'box', cores: 2, worker_version: 'test' });
    expect(report.containers.map(({ name, state, ports }) => ({ name, state, ports }))).toEqual([
      { name: 'web-1', state: 'running', ports: [{ host_port: 8080, container_port: 8080 }] },
      { name: 'web-2', state: 'running', ports: [{ host_port: 8081, container_port: 8080 }] },
    ]);
  });

  it('is scaled without touching what is right, and back by removing the highest', async () => {
    await worker.start();
    worker.receive(wanted({ spec: { containers_per: { server: 2 } } }));
    await worker.reported({ state: 'converged', revision: 1 });
    engine.calls.length = 0;
    worker.receive(wanted({ revision: 2, spec: { containers_per: { server: 3 } } }));
    await worker.reported({ state: 'converged', revision: 2 });
    expect(engine.calls.map(({ verb }) => verb)).toEqual(['create', 'start']);
    expect(running()).toEqual(['web-1 c1', 'web-2 c2', 'web-3 c3']);
    worker.receive(wanted({ revision: 3, spec: { containers_per: { server: 2 } } }));
    await worker.reported({ state: 'converged', revision: 3 });
    expect(running()).toEqual(['web-1 c1', 'web-2 c2']);
  });

  it('is put back into its network, without a restart', async () => {
    await worker.start();
    worker.receive(wanted({ spec: { networks: ['back'] } }));
    await worker.reported({ state: 'converged', revision: 1 });
    engine.calls.length = 0;
    engine.takeOut('web-1', 'back');
    await eventually(() => expect(engine.named('web-1')?.networks).toEqual(['nebula', 'back']));
    expect(engine.calls).toEqual([{ verb: 'connect', subject: 'web-1' }]);
    expect(running()).toEqual(['web-1 c1']);
  });

  it('is left alone once it is right: no call at all, and one report', async () => {
    await worker.start();
    worker.receive(wanted());
    await worker.reported({ state: 'converged', revision: 1 });
    const before = { lists: engine.lists, reports: worker.reports.length, calls: engine.calls.length };
    // The last events of its own steps may be on their way; then there is nothing for a second.
    let lists = -1;
    await eventually(() => {
      const quiet = lists === engine.lists;
      lists = engine.lists;
      expect(quiet).toBe(true);
    });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(engine.lists).toBe(lists);
    expect(engine.lists - before.lists).toBeLessThan(5);
    expect(engine.calls.length).toBe(before.calls);
    expect(worker.reports.length).toBe(before.reports);
  });

  it('is removed by its tombstone, which is reported, and the name can be used again', async () => {
    await worker.start();
    worker.receive(wanted());
    await worker.reported({ state: 'converged' });
    worker.receive(deleted({ revision: 2 }));
    const report = await worker.reported({ state: 'converged', revision: 2, deleted: true });
    expect(report.containers).toEqual([]);
    expect(engine.of('web')).toEqual([]);
    worker.receive(wanted({ revision: 1 }));
    worker.receive(wanted({ revision: 3 }));
    await worker.reported({ state: 'converged', revision: 3 });
    expect(running()).toHaveLength(1);
    expect(worker.inbox.counts).toMatchObject({ newer: 3, older: 1 });
  });

  it('reports its containers while the work goes on', async () => {
    let release = (): void => undefined;
    engine.before = async ({ verb, subject }) => {
      if (verb === 'start' && subject === 'web-2') await new Promise<void>((resolve) => (release = resolve));
    };
    await worker.start();
    worker.receive(wanted({ spec: { containers_per: { server: 2 } } }));
    await eventually(() =>
      expect(worker.report()).toMatchObject({
        state: 'converging',
        containers: [
          { name: 'web-1', state: 'running' },
          { name: 'web-2', state: 'created' },
        ],
      }),
    );
    release();
    await worker.reported({ state: 'converged' });
  });

  it('follows the size of the server when the engine comes back on another one', async () => {
    await worker.start();
    worker.receive(wanted({ spec: { containers_per: { cpu: 1 } } }));
    await worker.reported({ state: 'converged' });
    expect(running()).toHaveLength(2);
    engine.size = { ...engine.size, cores: 4 };
    engine.comeBack();
    await eventually(() => expect(running()).toHaveLength(4));
    await eventually(() => expect(worker.report()?.worker.cores).toBe(4));
  });
});

describe('drift', () => {
  it.each(['vanish', 'exit'] as const)('(%s) is repaired at once, and only it', async (how) => {
    await worker.start();
    // Ready at once, so that no look is due for minutes.
    const update = { min_ready_seconds: 0 };
    worker.receive(wanted({ spec: { containers_per: { server: 2 }, update } }));
    await worker.reported({ state: 'converged' });
    engine[how]('web-2');
    await eventually(() => expect(running()).toHaveLength(2));
    expect(running()[0]).toBe('web-1 c1');
    expect(engine.calls.filter(({ subject }) => subject === 'web-1').map(({ verb }) => verb)).toEqual([
      'create',
      'start',
    ]);
  });

  it('during a pull is repaired too', async () => {
    await worker.start();
    worker.receive(wanted());
    await worker.reported({ state: 'converged' });
    engine.before = async ({ verb }, signal) => {
      if (verb === 'pull') await new Promise((resolve) => signal?.addEventListener('abort', resolve));
    };
    worker.receive(wanted({ revision: 2, spec: { docker_image: 'slow:1' } }));
    await eventually(() => expect(engine.calls.at(-1)?.verb).toBe('pull'));
    engine.exit('web-1');
    await eventually(() => expect(running()).toEqual(['web-1 c1']));
    expect(engine.calls.filter(({ verb }) => verb === 'pull')).toHaveLength(1);
  });

  it('that no event told of is found by the slow look at everything', async () => {
    await worker.start({ resync_seconds: 0.4 });
    worker.receive(wanted());
    await worker.reported({ state: 'converged' });
    const container = engine.named('web-1');
    if (container) container.state = 'exited';
    await eventually(() => expect(running()).toEqual(['web-1 c1']));
  });

  it('that comes back each time is repaired ever more slowly', async () => {
    await worker.start();
    worker.receive(wanted());
    await worker.reported({ state: 'converged' });
    const startedAt: number[] = [];
    // Whatever starts is stopped before anybody can look.
    engine.before = ({ verb }) => {
      if (verb !== 'start') return;
      startedAt.push(performance.now());
      setImmediate(() => engine.named('web-1')?.state === 'running' && engine.exit('web-1'));
    };
    engine.exit('web-1');
    await eventually(() => expect(startedAt).toHaveLength(5), 20_000);
    const waits = startedAt.slice(1).map((at, index) => at - (startedAt[index] ?? 0));
    // Three at once, then after half a second and a second, at least.
    expect(waits[2]).toBeGreaterThan(450);
    expect(waits[3]).toBeGreaterThan(950);
    engine.before = () => undefined;
    await eventually(() => expect(running()).toEqual(['web-1 c1']));
  });
});
