import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type AppSpec, LABELS, type UpdateSettings } from '@nebula/contracts';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
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

async function converges(revision: number, spec: Partial<AppSpec>, tokens = {}): Promise<void> {
  await want(revision, spec, tokens);
  await worker.reported({ state: 'converged', revision }, LIMIT);
}

async function begin(spec: Partial<AppSpec> = {}): Promise<Seen[]> {
  await converges(1, spec);
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

/**
 * How many of the app's containers ran at the least during some work, before and after which all of them run. The engine
 * tells it by its events, of which none is too short to be seen.
 */
async function fewestRunning(work: () => Promise<unknown>): Promise<number> {
  const all = (await worker.containers()).length;
  const since = Date.now();
  const events = await worker.engine.docker.getEvents({
    since: Math.floor(since / 1_000),
    filters: { type: ['container'], event: ['die', 'start'], label: [`${LABELS.app}=${worker.app}`] },
  });
  const lines = createInterface({ input: events });
  const counts = [all];
  lines.on('line', (line) => {
    const { Action, timeNano } = JSON.parse(line) as { Action: string; timeNano: number };
    if (timeNano / 1e6 >= since) counts.push((counts.at(-1) ?? 0) + (Action === 'die' ? -1 : 1));
  });
  await work();
  await eventually(() => {
    expect(counts.length).toBeGreaterThan(1);
    expect(counts.at(-1)).toBe(all);
  });
  lines.close();
  if (events instanceof Readable) events.destroy();
  return Math.min(...counts);
}

describe('on a real engine', () => {
  it('a rolling update and a roll take one replica after the other, each when the one before is healthy', async () => {
    const first = await begin();
    const changed = { env_vars: { A: '1' } };
    expect(await fewestRunning(() => converges(2, changed))).toBe(2);
    const second = await worker.containers();
    expect(second.filter(({ id }) => first.some((before) => before.id === id))).toEqual([]);
    const starts = second.map(({ started_at }) => Date.parse(started_at));
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));

    // The strategy is the other one, and it is rolled all the same.
    expect(await fewestRunning(() => converges(3, { ...changed, update: {} }, { roll: 3 }))).toBe(2);
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
