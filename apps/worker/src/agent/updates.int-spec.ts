import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AppSpec, UpdateSettings } from '@nebula/contracts';
import { makeHttpImage } from '../../../../tools/engine/images.mjs';
import { secret } from '../../../../tools/test/known-secrets.mjs';
import { eventually } from '../container-runtime/testing/eventually.js';
import { IMAGES, type Seen, WorkerOnEngine } from './testing/worker-on-engine.js';

/** With a health check, which fails where the variable SICK is set. */
const CHECKED = 'nebula-agent-test:checked';
const ROLLING: UpdateSettings = { strategy: 'rolling', min_ready_seconds: 1, health_timeout_seconds: 60 };
const LIMIT = 90_000;

let worker: WorkerOnEngine;

beforeEach(async () => {
  worker = await WorkerOnEngine.open();
  if ((await worker.engine.runtime.imageId(CHECKED)) === null) {
    await makeHttpImage(worker.engine.host, CHECKED, { healthcheck: true });
  }
  await worker.start();
}, 60_000);

afterEach(async () => {
  await worker.destroy();
}, 60_000);

async function want(revision: number, spec: Partial<AppSpec> = {}, tokens = {}): Promise<void> {
  const whole = { containers_per: { server: 3 }, docker_image: CHECKED, update: ROLLING, ...spec };
  await worker.want(revision, whole, { tokens });
}

async function begin(spec: Partial<AppSpec> = {}): Promise<Seen[]> {
  await want(1, spec);
  await worker.reported({ state: 'converged', revision: 1 }, LIMIT);
  return await worker.containers();
}

/** The failure of the update, once it is reported. */
async function failure(revision: number): Promise<string> {
  return await eventually(() => {
    const { last_error, ...report } = worker.report() ?? {};
    expect(report).toMatchObject({ state: 'failed', revision });
    expect(last_error?.step).toBe('update');
    return last_error?.message ?? '';
  }, LIMIT);
}

/** What a bystander sees of the app between now and the end of some work: the fewest containers that ran. */
async function fewestRunning(work: Promise<unknown>): Promise<number> {
  let isOver = false;
  let fewest = Number.POSITIVE_INFINITY;
  const done = work.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    // One may go between the list and the look at it.
    const seen = await worker.containers().catch(() => null);
    if (seen) fewest = Math.min(fewest, seen.filter(({ running }) => running).length);
  }
  await done;
  return fewest;
}

describe('on a real engine', () => {
  it('a rolling update and a roll take one replica after the other, each when the one before is healthy', async () => {
    const first = await begin();
    await want(2, { env_vars: { A: '1' } });
    const fewest = await fewestRunning(worker.reported({ state: 'converged', revision: 2 }, LIMIT));
    expect(fewest).toBeGreaterThanOrEqual(2);
    const second = await worker.containers();
    expect(second.filter(({ id }) => first.some((before) => before.id === id))).toEqual([]);
    const starts = second.map(({ started_at }) => Date.parse(started_at));
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));

    // The strategy is the other one, and it is rolled all the same.
    await want(3, { env_vars: { A: '1' }, update: {} }, { roll: 3 });
    expect(await fewestRunning(worker.reported({ state: 'converged', revision: 3 }, LIMIT))).toBe(2);
    const third = await worker.containers();
    expect(third.filter(({ id }) => second.some((before) => before.id === id))).toEqual([]);
  }, 200_000);

  it.each([
    ['pause', 'is paused: '],
    ['rollback', 'is taken back to revision 1: '],
  ] as const)(
    'one whose program ends again and again fails with its exit code and last lines, for good: %s',
    async (on_failure, outcome) => {
      const before = await begin({ docker_image: IMAGES[0] });
      const command = ['/bin/sh', '-c', 'echo "connecting with $SECRET"; echo bye >&2; exit 3'];
      const update: UpdateSettings = { ...ROLLING, on_failure };
      const bad = { docker_image: IMAGES[0], command, update };
      await want(2, { ...bad, env_vars: { SECRET: secret('hunter22') } });
      const ended = async (): Promise<string> =>
        await eventually(async () => {
          const text = await failure(2);
          expect(text).toContain(outcome);
          return text;
        }, LIMIT);
      const message = await ended();
      expect(message).toContain('-1 ends again and again (exit code 3); its last lines:');
      expect(message).toContain('connecting with [redacted]');
      expect(message).toContain('bye');
      expect(worker.log.text).not.toContain('hunter22');
      const [first, ...others] = await worker.containers();
      expect(others).toEqual(before.slice(1));
      const { Config } = await worker.engine.docker.getContainer(first?.id ?? '').inspect();
      // Paused it stays as it is; taken back it is one of the version before.
      expect(Config.Cmd.includes('-c')).toBe(on_failure === 'pause');
      if (on_failure === 'rollback') expect(first).toMatchObject({ running: true });

      await worker.close();
      worker.forgetReports();
      await worker.start();
      expect(await ended()).toBe(message);
      const [again, ...still] = await worker.containers();
      expect(again?.id).toBe(first?.id);
      expect(still).toEqual(others);
      await want(3, { docker_image: IMAGES[0] });
      await worker.reported({ state: 'converged', revision: 3 }, LIMIT);
      expect((await worker.containers()).slice(1)).toEqual(before.slice(1));
    },
    200_000,
  );

  it('one that is unhealthy is taken back, also by a worker that was started again in the middle', async () => {
    const before = await begin();
    const update: UpdateSettings = { ...ROLLING, on_failure: 'rollback' };
    await want(2, { env_vars: { SICK: 'yes' }, update });
    await eventually(async () => {
      const [one] = await worker.containers();
      expect(one).toMatchObject({ running: true });
      expect(one?.id).not.toBe(before[0]?.id);
    }, LIMIT);
    await worker.close();
    worker.forgetReports();
    await worker.start();
    expect(await failure(2)).toMatch(/is (being )?taken back to revision 1: /);
    await eventually(async () => {
      const [one, ...others] = await worker.containers();
      expect(others).toEqual(before.slice(1));
      const { State, Config } = await worker.engine.docker.getContainer(one?.id ?? '').inspect();
      expect(State.Health?.Status).toBe('healthy');
      expect(Config.Env.join()).not.toContain('SICK');
    }, LIMIT);
    expect(worker.report()?.state).toBe('failed');
    const text = (): string => worker.report()?.last_error?.message ?? '';
    await eventually(() => expect(text()).toContain('is taken back to revision 1: '), LIMIT);
  }, 200_000);

  it('one that is to wait for a random time touches nothing before it, repairs what was, and delays no stop', async () => {
    const before = await begin({ update: {} });
    const update = { jitter_seconds: 86_400 };
    await want(2, { env_vars: { A: '1' }, update });
    await worker.reported({ state: 'converging', revision: 2 }, LIMIT);
    const first = worker.engine.docker.getContainer(before[0]?.id ?? '');
    await first.stop({ t: 0 });
    await eventually(async () => expect((await first.inspect()).State.Running).toBe(true), LIMIT);
    expect((await worker.containers()).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    expect(worker.report()).toMatchObject({ revision: 2, last_error: null });
    await want(3, { running: false, update });
    await worker.reported({ state: 'converged', revision: 3 }, LIMIT);
    expect(await worker.containers()).toEqual([]);
  }, 200_000);

  it('a container that stays unhealthy is restarted after the grace, and that is counted', async () => {
    await worker.close();
    await worker.start({ updates: { unhealthy_grace_seconds: 1 } });
    // Its program mends at its start what ails it.
    const command = ['/bin/sh', '-c', 'rm -f /sick; exec /serve'];
    const [before] = await begin({ command, containers_per: { server: 1 }, update: {} });
    await worker.engine.inside(before?.id ?? '', 'touch', '/sick');
    await eventually(async () => {
      expect(await worker.containers()).toMatchObject([{ id: before?.id, running: true }]);
      expect(worker.report()).toMatchObject({
        ...{ state: 'converged', last_error: null },
        containers: [{ id: before?.id, health: 'healthy', unhealthy_restarts: 1 }],
      });
    }, LIMIT);
    const [after] = await worker.containers();
    expect(after?.started_at).not.toBe(before?.started_at);
  }, 200_000);
});
