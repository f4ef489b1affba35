import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { RuntimeError } from '../container-runtime/runtime-error.js';
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
    engine.disconnect('web-1', 'back');
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
    worker.receive(wanted({ spec: { containers_per: { server: 2 } } }));
    await worker.reported({ state: 'converged' });
    engine[how]('web-2');
    await eventually(() => expect(running()).toHaveLength(2), 1_000);
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
    // Whatever starts is stopped before anybody can look.
    engine.before = ({ verb }) => {
      if (verb === 'start')
        setImmediate(() => engine.named('web-1')?.state === 'running' && engine.exit('web-1'));
    };
    engine.exit('web-1');
    const starts = () => engine.calls.filter(({ verb }) => verb === 'start').length;
    await eventually(() => expect(starts()).toBeGreaterThan(3));
    const before = starts();
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(starts() - before).toBeLessThan(3);
    engine.before = () => undefined;
    await eventually(() => expect(running()).toEqual(['web-1 c1']));
  });
});

describe('a failure', () => {
  it('of a pull leaves what runs alone, is reported with its step, and a fixed spec is taken at once', async () => {
    await worker.start();
    worker.receive(wanted());
    await worker.reported({ state: 'converged' });
    worker.receive(wanted({ revision: 2, spec: { docker_image: 'missing:1' } }));
    const report = await worker.reported({ state: 'failed', revision: 2 });
    expect(report.last_error).toMatchObject({ step: 'pull', message: 'manifest for missing:1 not found' });
    expect(Date.parse(report.last_error?.retry_at ?? '')).toBeGreaterThan(
      Date.parse(report.last_error?.at ?? ''),
    );
    expect(running()).toEqual(['web-1 c1']);
    worker.receive(wanted({ revision: 3, spec: { docker_image: 'shop:2' } }));
    const fixed = await worker.reported({ state: 'converged', revision: 3 }, 400);
    expect(fixed.last_error).toBeNull();
    expect(fixed.containers.map(({ image }) => image)).toEqual(['shop:2']);
  });

  it('of a release holds up neither a repair nor a restart, and the release comes when it can', async () => {
    await worker.start();
    worker.receive(wanted());
    await worker.reported({ state: 'converged' });
    engine.registry.delete('shop:1');
    worker.receive(wanted({ revision: 2, tokens: { release: 2 } }));
    const report = await worker.reported({ state: 'failed', revision: 2 });
    expect(report.last_error).toMatchObject({ step: 'pull' });
    expect(running()).toEqual(['web-1 c1']);

    engine.vanish('web-1');
    await eventually(() => expect(running()).toEqual(['web-1 c2']));
    worker.receive(wanted({ revision: 3, tokens: { release: 2, restart: 3 } }));
    await eventually(() => expect(running()).toEqual(['web-1 c3']));
    await worker.reported({ state: 'failed', revision: 3 });

    engine.registry.set('shop:1', 'newer id of shop:1');
    const released = await worker.reported({ state: 'converged', revision: 3 }, 10_000);
    expect(released.containers).toMatchObject([{ name: 'web-1', image_id: 'newer id of shop:1' }]);
  });

  it('is tried again by itself', async () => {
    await worker.start();
    worker.receive(wanted({ spec: { docker_image: 'late:1' } }));
    await worker.reported({ state: 'failed' });
    engine.registry.set('late:1', 'id of late:1');
    await worker.reported({ state: 'converged' });
    expect(running()).toHaveLength(1);
  });

  it('of a create stops nothing', async () => {
    await worker.start();
    worker.receive(wanted());
    await worker.reported({ state: 'converged' });
    engine.before = ({ verb }) => {
      if (verb === 'create') throw new RuntimeError('other', 'no space left on device');
    };
    worker.receive(wanted({ revision: 2, spec: { docker_image: 'shop:2' } }));
    const report = await worker.reported({ state: 'failed', revision: 2 });
    expect(report.last_error).toMatchObject({ step: 'create', message: 'no space left on device' });
    expect(running()).toEqual(['web-1 c1']);
    engine.before = () => undefined;
    await worker.reported({ state: 'converged', revision: 2 });
  });

  it('of a start brings the old container back, and of one app delays no other', async () => {
    await worker.start();
    worker.receive(wanted());
    await worker.reported({ state: 'converged' });
    engine.before = ({ verb, subject }) => {
      const id = engine.named(subject)?.image;
      if (verb === 'start' && id === 'shop:2') throw new RuntimeError('invalid', 'exec: "nope": not found');
    };
    worker.receive(wanted({ revision: 2, spec: { docker_image: 'shop:2' } }));
    const report = await worker.reported({ state: 'failed', revision: 2 });
    expect(report.last_error).toMatchObject({
      step: 'start',
      message: 'exec: "nope": not found',
      retry_at: null,
    });
    await eventually(() => expect(running()).toEqual(['web-1 c1']));
    worker.receive(wanted({ app_name: 'other' }));
    await worker.reported({ app_name: 'other', state: 'converged' });
    expect(engine.of('web').filter(({ state }) => state === 'running')).toHaveLength(1);
  });

  it('because of a foreign name touches nobody, and ends when the name is free', async () => {
    engine.foreign.push({ name: 'web-1', host_ports: [] });
    await worker.start();
    worker.receive(wanted());
    const report = await worker.reported({ state: 'failed' });
    expect(report.last_error?.message).toContain(
      'the name web-1 belongs to a container that is not this app',
    );
    expect(engine.calls).toEqual([]);
    engine.foreign.length = 0;
    engine.elsewhere('rename');
    await worker.reported({ state: 'converged' });
  });

  it('because of a foreign host port stops nobody, and ends when the port is free', async () => {
    await worker.start();
    worker.receive(wanted({ spec: { starting_ports: [8080] } }));
    await worker.reported({ state: 'converged', revision: 1 });
    engine.foreign.push({ name: 'x', host_ports: [8081] });
    engine.calls.length = 0;
    worker.receive(wanted({ revision: 2, spec: { starting_ports: [8081] } }));
    const report = await worker.reported({ state: 'failed', revision: 2 });
    expect(report.last_error).toMatchObject({
      step: 'start',
      message: 'replica 1 waits: host port 8081 is published by the container x',
      retry_at: null,
    });
    expect(engine.calls).toEqual([]);
    expect(running()).toEqual(['web-1 c1']);
    engine.foreign.length = 0;
    engine.elsewhere('die');
    await worker.reported({ state: 'converged', revision: 2 });
    expect(running()).toEqual(['web-1 c2']);
  });

  it('says nothing about environment values in log and reports', async () => {
    await worker.start();
    engine.programPorts.add(8080);
    const env_vars = { TOKEN: 'very-secret-value' };
    worker.receive(wanted({ spec: { starting_ports: [8080], env_vars } }));
    await worker.reported({ state: 'failed' });
    worker.receive({ ...wanted({ revision: 2, spec: { env_vars } }), digest: 'a'.repeat(64) });
    worker.receive({ ...wanted({ revision: 2 }), spec: { env_vars: { 'A=B': 'very-secret-value' } } });
    await eventually(() => expect(worker.inbox.counts.invalid).toBe(2));
    expect(worker.log.text).toContain('create web-1');
    expect(worker.log.text + JSON.stringify(worker.reports)).not.toContain('very-secret-value');
  });
});
