import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { secret } from '../../../../tools/test/known-secrets.mjs';
import { Clock } from '../clock.js';
import { RuntimeError } from '../container-runtime/runtime-error.js';
import { eventually } from '../container-runtime/testing/eventually.js';
import type { MemoryEngine } from './testing/memory-engine.js';
import { wanted } from './testing/messages.js';
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

/** It never gets late enough for another try. */
class StandingClock extends Clock {
  private readonly time = Date.now();

  override now(): number {
    return this.time;
  }
}

/** Names and ids, which say whether something was touched. */
function running(app = 'web'): string[] {
  return engine
    .of(app)
    .filter(({ state }) => state === 'running')
    .map(({ id, name }) => `${name} ${id}`);
}

describe('a failure', () => {
  it('is told in the words of the engine without arguments and values of the environment', async () => {
    await worker.start({ clock: new StandingClock() });
    engine.before = ({ verb }) => {
      if (verb !== 'start') return;
      const text = 'exec: "mysql -phunter2": executable file not found in $PATH, KEY=box-hunter3';
      throw new RuntimeError('invalid', text);
    };
    for (const told of ['hunter2', 'hunter3']) secret(told);
    const env_vars = { KEY: '{{.Node}}-hunter3' };
    worker.receive(wanted({ spec: { entrypoint: ['mysql -phunter2'], env_vars } }));
    const report = await worker.reported({ state: 'failed' });
    expect(report.last_error).toMatchObject({
      step: 'start',
      message: 'exec: "[redacted]": executable file not found in $PATH, KEY=[redacted]',
    });
    expect(worker.log.text).not.toContain('hunter');
  });

  it('of a few tries is not taken for somebody who undoes them', async () => {
    await worker.start();
    let left = 3;
    engine.before = ({ verb }) => {
      left -= verb === 'create' ? 1 : 0;
      if (verb === 'create' && left >= 0) throw new RuntimeError('other', 'HTTP status 500');
    };
    worker.receive(wanted());
    await worker.reported({ state: 'converged' }, 15_000);
    expect(JSON.stringify(worker.reports)).not.toContain('undoes again and again');
  }, 20_000);

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

  it('because the app does not fit on the server keeps up what ran before', async () => {
    await worker.start();
    worker.receive(wanted({ spec: { containers_per: { server: 2 }, starting_ports: [8080] } }));
    await worker.reported({ state: 'converged', revision: 1 });
    worker.receive(wanted({ revision: 2, spec: { containers_per: { cpu: 1 }, starting_ports: [65_535] } }));
    const report = await worker.reported({ state: 'failed', revision: 2 });
    expect(report.last_error).toMatchObject({ step: 'plan', retry_at: null });
    engine.exit('web-2');
    await eventually(() => expect(running()).toEqual(['web-1 c1', 'web-2 c2']));
    expect(worker.report()?.state).toBe('failed');
  });

  it('because the policy of the worker forbids the app starts nothing, and a spec that is allowed is taken', async () => {
    await worker.start({ worker_policy: { privileged: false } });
    worker.receive(wanted());
    await worker.reported({ state: 'converged' });
    const before = engine.of('web');
    worker.receive(wanted({ revision: 2, spec: { privileged: true, docker_image: 'shop:2' } }));
    const report = await worker.reported({ state: 'failed', revision: 2 });
    expect(report.last_error?.message).toMatch(/^worker_policy.privileged forbids privileged on this worker/);
    expect(engine.of('web')).toEqual(before);
    worker.receive(wanted({ app_name: 'other', spec: { privileged: true } }));
    await worker.reported({ app_name: 'other', state: 'failed' });
    expect(engine.of('other')).toEqual([]);
    worker.receive(wanted({ revision: 3, spec: { docker_image: 'shop:2' } }));
    await worker.reported({ state: 'converged', revision: 3 });
  });

  it('because the policy forbids a revision leaves nothing down of the one before it', async () => {
    await worker.start({ worker_policy: { privileged: false } });
    const spec = { update: { min_ready_seconds: 0 } };
    worker.receive(wanted({ spec }));
    await worker.reported({ state: 'converged', revision: 1 });
    let fails = true;
    engine.before = ({ verb, subject }) => {
      if (verb === 'stop') worker.receive(wanted({ revision: 3, spec: { ...spec, privileged: true } }));
      if (verb === 'start' && subject === 'web-1' && fails) {
        fails = false;
        throw new RuntimeError('port-taken', 'port 80 is already allocated');
      }
    };
    worker.receive(wanted({ revision: 2, spec: { ...spec, docker_image: 'shop:2' } }));
    const report = await worker.reported({ state: 'failed', revision: 3 });
    expect(report.last_error?.message).toMatch(/^worker_policy.privileged forbids/);
    await eventually(() => expect(running()).toEqual(['web-1 c1']));
    await eventually(() =>
      expect(engine.of('web')).toMatchObject([{ name: 'web-1', restart_policy: 'always' }]),
    );
    engine.exit('web-1');
    await eventually(() => expect(running()).toEqual(['web-1 c1']));
  });

  it('says nothing about environment values in log and reports', async () => {
    await worker.start();
    engine.programPorts.add(8080);
    const env_vars = { TOKEN: secret('very-secret-value') };
    worker.receive(wanted({ spec: { starting_ports: [8080], env_vars } }));
    await worker.reported({ state: 'failed' });
    worker.receive({ ...wanted({ revision: 2, spec: { env_vars } }), digest: 'a'.repeat(64) });
    worker.receive({ ...wanted({ revision: 2 }), spec: { env_vars: { 'A=B': 'very-secret-value' } } });
    await eventually(() => expect(worker.inbox.counts.invalid).toBe(2));
    expect(worker.log.text).toContain('create web-1');
    expect(worker.log.text + JSON.stringify(worker.reports)).not.toContain('very-secret-value');
  });
});
