import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { secret } from '../../../../tools/test/known-secrets.mjs';
import { RuntimeError } from '../container-runtime/runtime-error.js';
import { eventually } from '../container-runtime/testing/eventually.js';
import type { MemoryEngine } from './testing/memory-engine.js';
import { wanted } from './testing/messages.js';
import { MovedClock } from './testing/moved-clock.js';
import { WorkerUnderTest } from './testing/worker-under-test.js';

const MINUTE = 60_000;
const AWAY = new RuntimeError('unavailable', 'no answer within 90 s');

let worker: WorkerUnderTest;
let engine: MemoryEngine;
let clock: MovedClock;

beforeEach(async () => {
  worker = await WorkerUnderTest.open();
  engine = worker.engine;
  clock = new MovedClock();
  await worker.start({ clock });
});

afterEach(async () => {
  engine.before = () => undefined;
  await worker.destroy();
});

/** What was done of these, in order. */
const done = (...verbs: string[]): string[] =>
  engine.calls.map(({ verb }) => verb).filter((verb) => verbs.includes(verb));

const running = (): string[] =>
  engine
    .of('web')
    .filter(({ state }) => state === 'running')
    .map(({ id, name }) => `${name} ${id}`);

/** Hooks fail with these one after the other, and with the last of them from then on; null for one that succeeds. */
function hooksFail(...errors: (RuntimeError | null)[]): void {
  engine.before = ({ verb }) => {
    if (verb !== 'run') return;
    const error = errors.length > 1 ? errors.shift() : errors[0];
    if (error) throw error;
  };
}

describe('a hook before a stop', () => {
  const spec = { hooks: { pre_stop: { command: ['drain'] } } };

  beforeEach(async () => {
    worker.receive(wanted({ spec }));
    await worker.reported({ state: 'converged', revision: 1 });
    engine.calls.length = 0;
  });

  const change = (): void =>
    worker.receive(wanted({ revision: 2, spec: { ...spec, docker_image: 'shop:2' } }));

  it.each(['other', 'missing', 'conflict', 'invalid'] as const)(
    'that fails does not keep the container (%s)',
    async (kind) => {
      hooksFail(new RuntimeError(kind, 'the command drain ended with exit code 3'));
      change();
      await worker.reported({ state: 'converged', revision: 2 });
      expect(done('run', 'stop')).toEqual(['run', 'stop']);
      expect(running()).toEqual(['web-1 c2']);
    },
  );

  it('that the engine says nothing of is run again before the container is stopped', async () => {
    hooksFail(AWAY, null);
    change();
    await worker.reported({ state: 'converged', revision: 2 });
    expect(worker.log.text).toContain('pre-stop: no answer within 90 s');
    expect(done('run', 'stop')).toEqual(['run', 'run', 'stop']);
    expect(running()).toEqual(['web-1 c2']);
  });

  it('that the engine never says anything of is done without after some minutes, also over a restart', async () => {
    hooksFail(AWAY);
    change();
    await worker.reported({ state: 'failed', revision: 2 });
    await eventually(() => expect(done('run').length).toBeGreaterThanOrEqual(2));
    await worker.close();
    const tries = done('run').length;
    clock.pass(2 * MINUTE);
    expect(running()).toEqual(['web-1 c1']);
    await worker.start({ clock });
    await worker.reported({ state: 'converged', revision: 2 });
    expect(done('run', 'stop')).toEqual([...Array.from({ length: tries + 1 }, () => 'run'), 'stop']);
    expect(running()).toEqual(['web-1 c2']);
    // The next one has all its tries.
    worker.receive(wanted({ revision: 3, spec: { ...spec, running: false } }));
    await eventually(() => expect(done('run').length).toBeGreaterThanOrEqual(tries + 3));
    expect(running()).toEqual(['web-1 c2']);
  }, 20_000);

  it('that has had its tries is tried once more before each further try of a stop that the engine does not do', async () => {
    let isAway = true;
    engine.before = ({ verb, subject }) => {
      if (verb === 'run' || (verb === 'stop' && isAway)) throw AWAY;
      if (verb === 'start' && subject === 'web-1' && engine.named('web-1')?.image === 'shop:2')
        throw new RuntimeError('port-taken', 'port 81 is already allocated');
    };
    change();
    await eventually(() => expect(done('run').length).toBeGreaterThanOrEqual(2));
    clock.pass(2 * MINUTE);
    for (let tries = 1; tries <= 3; tries += 1) {
      engine.comeBack();
      await eventually(() => expect(done('stop').length).toBeGreaterThanOrEqual(tries));
    }
    const calls = done('run', 'stop').join(' ');
    expect(calls.slice(calls.indexOf('stop'))).toMatch(/^stop( run stop)+( run)?$/);
    expect(running()).toEqual(['web-1 c1']);
    isAway = false;
    engine.comeBack();
    // It is stopped, the new one can not be started, and this one is back, with all its tries.
    await eventually(() =>
      expect(worker.reports.map((report) => report.last_error?.step)).toContain('start'),
    );
    const [runs, stops] = [done('run').length, done('stop').length];
    for (let tries = 1; tries <= 3; tries += 1) {
      await eventually(() => expect(done('run').length).toBeGreaterThanOrEqual(runs + tries));
      engine.comeBack();
    }
    expect(done('stop')).toHaveLength(stops);
    expect(running()).toEqual(['web-1 c1']);
  }, 20_000);
});

describe('a hook after a start', () => {
  const hooks = { post_start: { command: ['warm'] } };
  const update = { strategy: 'rolling', min_ready_seconds: 0, on_failure: 'rollback' } as const;

  beforeEach(async () => {
    worker.receive(wanted({ spec: { update } }));
    await worker.reported({ state: 'converged', revision: 1 });
    engine.calls.length = 0;
  });

  const change = (): void => worker.receive(wanted({ revision: 2, spec: { update, hooks } }));

  it('that fails ends an update with the last lines that the container wrote until then, without secrets', async () => {
    hooksFail(new RuntimeError('other', 'the command warm ended with exit code 3'));
    engine.logs.set('web-1', 'cannot reach db with hunter22\nDB_PASSWORD=abc');
    const before = engine.before;
    engine.before = (call, signal) => {
      if (call.verb === 'stop' && done('run').length > 0) engine.logs.set('web-1', 'shutting down');
      return before(call, signal);
    };
    const env_vars = { KEY: secret('hunter22') };
    worker.receive(wanted({ revision: 2, spec: { update, hooks, env_vars } }));
    await eventually(() => expect(worker.report()?.update?.state).toBe('rolled_back'), 10_000);
    expect(worker.report()?.last_error).toMatchObject({
      step: 'update',
      message: expect.stringContaining(
        'post-start failed for replica 1: the command warm ended with exit code 3; its last lines:\n' +
          'cannot reach db with [redacted]\nDB_PASSWORD=[redacted]',
      ),
    });
    expect(JSON.stringify(worker.reports) + worker.log.text).not.toContain('hunter22');
  }, 20_000);

  it('that the engine says nothing of is run again in the same container', async () => {
    hooksFail(AWAY, null);
    change();
    await worker.reported({ state: 'converged', revision: 2 });
    expect(done('create', 'run', 'stop')).toEqual(['create', 'stop', 'run', 'run']);
  });

  it('that the engine never says anything of has failed after some minutes', async () => {
    hooksFail(AWAY);
    change();
    await eventually(() => expect(done('run').length).toBeGreaterThanOrEqual(2));
    const report = await worker.reported({ state: 'failed', revision: 2 });
    expect(report.last_error).toMatchObject({ step: 'post-start', message: 'no answer within 90 s' });
    clock.pass(2 * MINUTE);
    await eventually(() => expect(worker.report()?.update?.state).toBe('rolled_back'), 10_000);
    expect(engine.of('web')).toMatchObject([{ name: 'web-1', state: 'running', hooks: {} }]);
  }, 20_000);

  it('has not failed while the engine does not stop its container either', async () => {
    let isAway = true;
    engine.before = ({ verb }) => {
      if (isAway && done('run').length > 0 && (verb === 'run' || verb === 'stop')) throw AWAY;
    };
    change();
    await eventually(() => expect(done('run').length).toBeGreaterThanOrEqual(2));
    const stops = done('stop').length;
    clock.pass(2 * MINUTE);
    for (let tries = 1; tries <= 2; tries += 1) {
      engine.comeBack();
      await eventually(() => expect(done('stop').length).toBeGreaterThanOrEqual(stops + tries));
    }
    isAway = false;
    engine.comeBack();
    await worker.reported({ state: 'converged', revision: 2 });
    expect(done('create')).toEqual(['create']);
    expect(running()).toEqual(['web-1 c2']);
    const updates = worker.reports.map((report) => report.update?.state);
    expect(updates).not.toContain('rolling_back');
  }, 20_000);
});
