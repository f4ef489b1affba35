import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AppSpec, UpdateSettings } from '@nebula/contracts';
import { secret } from '../../../../tools/test/known-secrets.mjs';
import { eventually } from '../container-runtime/testing/eventually.js';
import { RuntimeError } from '../container-runtime/runtime-error.js';
import type { MemoryEngine } from './testing/memory-engine.js';
import { MovedClock } from './testing/moved-clock.js';
import { type Wish, wanted } from './testing/messages.js';
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

const ROLLING: UpdateSettings = { strategy: 'rolling', health_timeout_seconds: 60 };

function want(revision: number, spec: Partial<AppSpec>, more: Wish = {}): void {
  const whole = { containers_per: { server: 3 }, update: ROLLING, ...spec };
  worker.receive(wanted({ ...more, revision, spec: whole }));
}

/** Image and health of each running container, by replica. */
function serving(): string[] {
  return engine
    .of('web')
    .filter(({ state }) => state === 'running')
    .map(({ image, health }) => `${image} ${health}`);
}

const ids = (): string[] => engine.of('web').map(({ id }) => id);

/** From now on a container of this image has this health once it is started; others are healthy. */
function startsAs(image: string, health: 'starting' | 'unhealthy' | 'healthy'): void {
  engine.onStart = (container) => {
    container.health = container.image === image ? health : 'healthy';
  };
}

async function begin(): Promise<void> {
  startsAs('shop:1', 'healthy');
  await worker.start();
  want(1, {});
  await worker.reported({ state: 'converged', revision: 1 });
}

/** The app is looked at once more, and nothing is done for it. */
async function nothingIsDone(): Promise<void> {
  const { length } = engine.calls;
  const looks = engine.lists;
  engine.elsewhere('die');
  await eventually(() => expect(engine.lists).toBeGreaterThan(looks));
  worker.receive(wanted({ app_name: 'other' }));
  await worker.reported({ app_name: 'other', state: 'converged' });
  const acts = engine.calls.slice(length).filter(({ subject }) => subject.startsWith('web'));
  expect(acts).toEqual([]);
}

/** Two more looks at everything pass, of which the first may have begun before, and nothing is done for the app. */
async function resyncsDoNothing(): Promise<void> {
  const { length } = engine.calls;
  const looks = engine.lists;
  await eventually(() => expect(engine.lists).toBeGreaterThanOrEqual(looks + 4), 10_000);
  expect(engine.calls.slice(length)).toEqual([]);
}

describe('a rolling update', () => {
  it('replaces a replica when the ones before are healthy', async () => {
    await begin();
    startsAs('shop:2', 'starting');
    want(2, { docker_image: 'shop:2' });
    await eventually(() =>
      expect(serving()).toEqual(['shop:2 starting', 'shop:1 healthy', 'shop:1 healthy']),
    );
    await worker.reported({ state: 'converging', revision: 2 });
    expect(worker.report()?.update).toMatchObject({ state: 'rolling', ready: 0, replicas: 3 });
    engine.becomes('web-1', 'healthy');
    await eventually(() =>
      expect(serving()).toEqual(['shop:2 healthy', 'shop:2 starting', 'shop:1 healthy']),
    );
    engine.becomes('web-2', 'healthy');
    await eventually(() =>
      expect(serving()).toEqual(['shop:2 healthy', 'shop:2 healthy', 'shop:2 starting']),
    );
    expect(worker.report()?.state).toBe('converging');
    engine.becomes('web-3', 'healthy');
    await worker.reported({ state: 'converged', revision: 2 });
    expect(worker.report()?.update).toMatchObject({ state: 'done', ready: 3 });
  });

  it('tells nothing of a secret that lies where its last lines are cut', async () => {
    await begin();
    startsAs('shop:2', 'unhealthy');
    engine.logs.set('web-1', `key hunter22${'.'.repeat(1_996)}`);
    want(2, { docker_image: 'shop:2', env_vars: { DB: secret('hunter22') } });
    await eventually(() => expect(worker.report()?.last_error?.step).toBe('update'));
    const message = worker.report()?.last_error?.message ?? '';
    expect(message).toMatch(/…ted\]\.+$/);
    expect(message).not.toContain('er22');
  });

  it('stops at the first that is unhealthy, tells its last lines without secrets, and is not tried again', async () => {
    await begin();
    startsAs('shop:2', 'unhealthy');
    engine.logs.set('web-1', 'starting\ncannot reach db with hunter22, box-1-key\nDB_PASSWORD=abc');
    want(2, {
      docker_image: 'shop:2',
      env_vars: { DB: secret('hunter22'), KEY: '{{.Node}}-{{.Replica}}-key' },
    });
    const { last_error } = await worker.reported({ state: 'failed', revision: 2 });
    await eventually(() => expect(worker.report()?.last_error?.step).toBe('update'));
    expect(worker.report()?.last_error?.message).toBe(
      'the update to revision 2 is paused: web-1 is unhealthy by its own health check; its last lines:\n' +
        'starting\ncannot reach db with [redacted], [redacted]\nDB_PASSWORD=[redacted]',
    );
    expect(last_error).not.toBeNull();
    expect(worker.report()?.update).toEqual({ state: 'paused', ready: 0, replicas: 3, back_to: null });
    expect(serving()).toEqual(['shop:2 unhealthy', 'shop:1 healthy', 'shop:1 healthy']);
    expect(worker.log.text).not.toContain('hunter22');

    const before = ids();
    await worker.close();
    await worker.start({ resync_seconds: 1 });
    await worker.reported({ state: 'failed', revision: 2 });
    await nothingIsDone();
    expect(ids()).toEqual(before);

    startsAs('shop:2', 'healthy');
    want(3, { docker_image: 'shop:2' });
    await worker.reported({ state: 'converged', revision: 3 });
  });

  it('that fails is ended, and repaired, also when the log of its container never comes', async () => {
    await begin();
    startsAs('shop:2', 'unhealthy');
    engine.logTail = () => Promise.reject(new RuntimeError('unavailable', 'no answer within 30 s'));
    engine.before = ({ verb, subject }) => {
      if (verb === 'start' && subject === 'web-1') engine.exit('web-3');
    };
    want(2, { docker_image: 'shop:2' });
    const { last_error } = await worker.reported({ state: 'failed', revision: 2 });
    expect(last_error?.message).toBe(
      'the update to revision 2 is paused: web-1 is unhealthy by its own health check',
    );
    await eventually(() =>
      expect(serving()).toEqual(['shop:2 unhealthy', 'shop:1 healthy', 'shop:1 healthy']),
    );
  });

  it('that is taken back brings the last good version back, and stays failed until something else is wanted', async () => {
    await begin();
    const [, second, third] = ids();
    startsAs('shop:2', 'unhealthy');
    want(2, { docker_image: 'shop:2', update: { ...ROLLING, on_failure: 'rollback' } });
    await eventually(() => {
      expect(serving()).toEqual(['shop:1 healthy', 'shop:1 healthy', 'shop:1 healthy']);
      expect(worker.report()).toMatchObject({ state: 'failed', revision: 2, last_error: { step: 'update' } });
    });
    await eventually(() =>
      expect(worker.report()?.last_error?.message).toContain('is taken back to revision 1'),
    );
    expect(worker.report()?.update).toEqual({ state: 'rolled_back', ready: 3, replicas: 3, back_to: 1 });
    expect(ids().slice(1)).toEqual([second, third]);

    await worker.close();
    await worker.start();
    await worker.reported({ state: 'failed', revision: 2 });
    await nothingIsDone();

    const kept = ids();
    const pruned = { docker_image: 'shop:2', update: { ...ROLLING, on_failure: 'rollback' as const } };
    want(3, pruned, { tokens: { prune: 3 } });
    await worker.reported({ state: 'failed', revision: 3 });
    await worker.close();
    await worker.start();
    want(4, pruned, { tokens: { prune: 4 } });
    await worker.reported({ state: 'failed', revision: 4 });
    await nothingIsDone();
    expect(ids()).toEqual(kept);

    want(5, { docker_image: 'shop:3' });
    await worker.reported({ state: 'converged', revision: 5 });
  });

  it.each(['pause', 'rollback'] as const)(
    'that has failed is left alone by the looks of every resync: %s',
    async (on_failure) => {
      startsAs('shop:2', 'unhealthy');
      await worker.start({ resync_seconds: 1 });
      want(1, {});
      await worker.reported({ state: 'converged', revision: 1 });
      want(2, { docker_image: 'shop:2', update: { ...ROLLING, on_failure } });
      const state = on_failure === 'pause' ? 'paused' : 'rolled_back';
      await eventually(() => expect(worker.report()).toMatchObject({ state: 'failed', update: { state } }));
      await resyncsDoNothing();
      expect(worker.report()).toMatchObject({ state: 'failed', update: { state } });
    },
  );

  it('goes on after a failure of the engine that passes', async () => {
    await begin();
    let failures = 0;
    engine.before = ({ verb }) => {
      if (verb !== 'create' || failures > 0) return;
      failures += 1;
      throw new RuntimeError('other', 'HTTP 500');
    };
    want(2, { docker_image: 'shop:2' });
    const { last_error } = await worker.reported({ state: 'failed', revision: 2 });
    expect(last_error).toMatchObject({ step: 'create', message: 'HTTP 500' });
    await worker.reported({ state: 'converged', revision: 2 }, 10_000);
    expect(serving()).toEqual(['shop:2 healthy', 'shop:2 healthy', 'shop:2 healthy']);
  });

  it('ends with a container that can not be started, and the one before it serves', async () => {
    await begin();
    const before = ids();
    engine.before = ({ verb, subject }) => {
      if (verb === 'start' && engine.named(subject)?.image === 'shop:2')
        throw new RuntimeError('invalid', 'exec: not found');
    };
    want(2, { docker_image: 'shop:2' });
    await eventually(() => {
      expect(worker.report()).toMatchObject({ state: 'failed', last_error: { step: 'update' } });
      expect(ids()).toEqual(before);
    });
    expect(serving()).toEqual(['shop:1 healthy', 'shop:1 healthy', 'shop:1 healthy']);
    await nothingIsDone();
  });
});

describe('a roll', () => {
  it('replaces one after the other without the strategy, also when the worker ends in between', async () => {
    await begin();
    const before = ids();
    startsAs('shop:1', 'starting');
    const rolled = { tokens: { roll: 2 } };
    want(2, { update: {} }, rolled);
    await eventually(() => expect(serving()[0]).toBe('shop:1 starting'));
    await worker.close();
    engine.becomes('web-1', 'healthy');
    await worker.start();
    await eventually(() =>
      expect(serving()).toEqual(['shop:1 healthy', 'shop:1 starting', 'shop:1 healthy']),
    );
    engine.becomes('web-2', 'healthy');
    await eventually(() => expect(serving()[2]).toBe('shop:1 starting'));
    engine.becomes('web-3', 'healthy');
    await worker.reported({ state: 'converged', revision: 2 });
    expect(ids().filter((id) => before.includes(id))).toEqual([]);
  });
});

describe('the random wait before an update', () => {
  it('is kept over a restart of the worker, is not drawn again for a newer revision, and restarts nothing twice', async () => {
    const clock = new MovedClock();
    await worker.start({ clock, updates: { max_restart_wait_seconds: 600 } });
    want(1, {});
    await worker.reported({ state: 'converged', revision: 1 }, 10_000);
    const before = ids();
    want(2, { docker_image: 'shop:2', update: {} });
    await worker.reported({ state: 'converging', revision: 2 });
    await worker.close();
    await worker.start({ clock, updates: { max_restart_wait_seconds: 3600 } });
    want(3, { docker_image: 'shop:3', update: {} });
    await worker.reported({ state: 'converging', revision: 3 });
    expect(ids()).toEqual(before);
    // What is missing is not waited for.
    engine.vanish('web-2');
    await eventually(() => expect(engine.named('web-2')?.state).toBe('running'));
    expect(ids()).toEqual(expect.arrayContaining([before[0], before[2]]));
    clock.pass(600_000);
    engine.elsewhere('die');
    await worker.reported({ state: 'converged', revision: 3 }, 10_000);
    const { calls } = engine;
    expect(calls.filter(({ verb, subject }) => verb === 'stop' && subject === 'web-1')).toHaveLength(1);
    expect(engine.of('web').map(({ image }) => image)).toEqual(['shop:3', 'shop:3', 'shop:3']);
  });

  it('comes before the pull of an image, and delays neither a start from one that is there nor a stop', async () => {
    await worker.start({ updates: { max_restart_wait_seconds: 3600 } });
    engine.registry.set('far:1', 'id of far:1');
    want(1, { docker_image: 'far:1', update: {} });
    await worker.reported({ state: 'converging', revision: 1 });
    expect(worker.log.text).toContain('the pull waits for a random time');
    want(2, { update: {} });
    await worker.reported({ state: 'converged', revision: 2 });
    const before = ids();
    want(3, { docker_image: 'far:1', update: {} });
    await worker.reported({ state: 'converging', revision: 3 });
    expect(worker.log.text).toContain('the update waits for a random time');
    expect(ids()).toEqual(before);
    want(4, { docker_image: 'far:1', update: {}, running: false });
    await worker.reported({ state: 'converged', revision: 4 });
    expect(engine.of('web')).toEqual([]);
    expect(engine.calls.filter(({ verb }) => verb === 'pull')).toEqual([]);
  });

  it('is over after at most its length, and the image is pulled then, once', async () => {
    await worker.start();
    want(1, { update: {} });
    await worker.reported({ state: 'converged', revision: 1 });
    await worker.close();
    await worker.start({ updates: { max_restart_wait_seconds: 1 } });
    engine.registry.set('far:1', 'id of far:1');
    const since = performance.now();
    let pulledAfter = 0;
    engine.before = ({ verb }) => {
      if (verb === 'pull') pulledAfter = performance.now() - since;
    };
    want(2, { docker_image: 'far:1', update: {} });
    await worker.reported({ state: 'converged', revision: 2 }, 10_000);
    // The longest wait that chance can give, here.
    expect(pulledAfter).toBeGreaterThan(900);
    expect(engine.calls.filter(({ verb }) => verb === 'pull')).toHaveLength(1);
    expect(engine.calls.filter(({ verb, subject }) => verb === 'stop' && subject === 'web-1')).toHaveLength(
      1,
    );
  });
});

describe('a container that is unhealthy', () => {
  it('is restarted in place after the grace', async () => {
    await worker.start({ updates: { unhealthy_grace_seconds: 0 } });
    want(1, { update: {}, containers_per: { server: 1 } });
    await worker.reported({ state: 'converged' });
    const before = ids();
    startsAs('shop:1', 'healthy');
    engine.becomes('web-1', 'unhealthy');
    await eventually(() => expect(engine.calls.map(({ verb }) => verb)).toContain('restart'));
    await eventually(() => expect(serving()).toEqual(['shop:1 healthy']));
    await eventually(() =>
      expect(worker.report()).toMatchObject({
        state: 'converged',
        containers: [{ health: 'healthy', unhealthy_restarts: 1 }],
      }),
    );
    expect(ids()).toEqual(before);
  });
});

describe('a repair that something else undoes', () => {
  it('is done ever more slowly, and told, also while it lasts for a moment', async () => {
    await worker.start();
    want(1, { update: {}, containers_per: { server: 1 } });
    await worker.reported({ state: 'converged' });
    let kills = 0;
    await eventually(() => {
      if (engine.named('web-1')?.state === 'running' && kills < 5) {
        kills += 1;
        engine.vanish('web-1');
      }
      expect(kills).toBe(5);
    }, 20_000);
    const { last_error } = await worker.reported({ state: 'failed' });
    expect(last_error?.message).toMatch(/^something keeps stopping or removing web-1: /);
    await eventually(() => expect(engine.named('web-1')?.state).toBe('running'), 10_000);
    expect(worker.report()?.state).toBe('failed');
    await worker.reported({ state: 'converged' }, 30_000);
  }, 60_000);
});
