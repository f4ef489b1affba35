import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AppSpec, UpdateSettings } from '@nebula/contracts';
import { type EngineRequest, type Fault, FaultProxy } from '../container-runtime/testing/fault-proxy.js';
import { eventually } from '../container-runtime/testing/eventually.js';
import { WorkerOnEngine } from './testing/worker-on-engine.js';

/** What takes an engine this long is within a time limit, and what takes it longer is not. Shares of the real limits. */
const LIMIT_FACTOR = 0.02;

let worker: WorkerOnEngine;
let proxy: FaultProxy;
/** Of the app that nothing changes. */
let steady: string;

beforeEach(async () => {
  worker = await WorkerOnEngine.open();
  proxy = await FaultProxy.open(worker.engine.host);
  steady = `${worker.app}-steady`;
  await worker.start({
    docker_host: proxy.host,
    engine_limit_factor: LIMIT_FACTOR,
    resync_seconds: 1,
  });
  await worker.want(1, { containers_per: { server: 2 } }, { app_name: steady });
  await worker.want(1, { containers_per: { server: 2 } });
  await worker.reported({ app_name: steady, state: 'converged' });
  await worker.reported({ state: 'converged' });
}, 90_000);

afterEach(async () => {
  proxy.fault = () => null;
  await worker.destroy();
  await proxy.close();
}, 90_000);

/** Works on what changes while the engine has a fault; what is right must be left alone all the time. */
async function untouched(work: () => Promise<void>): Promise<void> {
  const before = await worker.containers(steady);
  await work();
  expect(await worker.containers(steady)).toEqual(before);
}

/** Resolves when the app has so many containers that all run with this value, and no other container is left. */
async function serves(value: string, replicas = 2): Promise<void> {
  await eventually(async () => {
    const containers = await worker.containers();
    expect(containers.map(({ name, running }) => [name, running])).toEqual(
      Array.from({ length: replicas }, (_, n) => [`${worker.app}-${n + 1}`, true]),
    );
    for (const { id } of containers) {
      const { Config } = await worker.engine.docker.getContainer(id).inspect();
      expect(Config.Env).toContain(`STEP=${value}`);
    }
  }, 60_000);
}

const change = (revision: number, more: Partial<AppSpec> = {}): Promise<void> =>
  worker.want(revision, { containers_per: { server: 2 }, env_vars: { STEP: String(revision) }, ...more });

describe('the stream of events', () => {
  it('breaks again and again, and what nobody heard of is repaired at the next connection', async () => {
    await worker.close();
    // No look behind the events helps here.
    await worker.start({ docker_host: proxy.host });
    await worker.reported({ state: 'converged' });
    await untouched(async () => {
      for (let round = 0; round < 5; round += 1) {
        proxy.fault = ({ route }) => (route === '/events' ? { kind: 'refuse' } : null);
        proxy.breakStreams();
        const [first] = await worker.containers();
        await worker.engine.docker.getContainer(first?.id ?? '').remove({ force: true });
        proxy.fault = () => null;
        await eventually(async () => {
          const containers = await worker.containers();
          expect(containers.map(({ running }) => running)).toEqual([true, true]);
          expect(containers.map(({ id }) => id)).not.toContain(first?.id);
        });
      }
    });
  }, 90_000);
});

it('what no event tells of is seen at the next look at everything', async () => {
  await untouched(async () => {
    proxy.fault = ({ route }) => (route === '/events' ? { kind: 'silent' } : null);
    proxy.forget();
    proxy.breakStreams();
    // It listens again, looks at everything for that, and will hear nothing from then on.
    const looksSince = (): number => {
      const from = proxy.requests.indexOf('GET /events');
      return from < 0
        ? 0
        : proxy.requests.slice(from).filter((call) => call === 'GET /containers/json').length;
    };
    await eventually(() => expect(looksSince()).toBeGreaterThan(6), 30_000);
    const [first, second] = await worker.containers();
    await worker.engine.docker.getContainer(first?.id ?? '').remove({ force: true });
    await worker.engine.docker.getContainer(second?.id ?? '').rename({ name: `${worker.app}-elsewhere` });
    await eventually(async () => {
      const now = await worker.containers();
      expect(now.map(({ name, running }) => [name, running])).toEqual([
        [first?.name, true],
        [second?.name, true],
      ]);
      expect(now[0]?.id).not.toBe(first?.id);
      expect(now[1]).toEqual(second);
    });
  });
}, 90_000);

describe('an engine that is slow', () => {
  it('by less than its limits is waited for', async () => {
    await untouched(async () => {
      proxy.fault = ({ method }) => ({ kind: 'delay', ms: method === 'GET' ? 150 : 700 });
      await change(2);
      await serves('2');
      await worker.reported({ state: 'converged', revision: 2 }, 60_000);
    });
  }, 120_000);

  it.each([
    ['list', ({ route }: EngineRequest) => route === '/containers/json'],
    ['create', ({ route }: EngineRequest) => route === '/containers/create'],
    ['start', ({ route }: EngineRequest) => route === '/containers/{id}/start'],
    ['stop', ({ route }: EngineRequest) => route === '/containers/{id}/stop'],
  ])(
    'beyond the limit of %s is told of, and done with once it is quick again',
    async (_call, isSlow) => {
      await untouched(async () => {
        proxy.fault = (asked) => (isSlow(asked) ? { kind: 'delay', ms: 3_000 } : null);
        await change(2);
        const report = await worker.reported({ state: 'failed' }, 60_000);
        expect(report.last_error?.message).toMatch(/no answer within \d+ s/);
        proxy.fault = () => null;
        await serves('2');
        await worker.reported({ state: 'converged', revision: 2 }, 60_000);
      });
    },
    120_000,
  );

  it('and hangs for good on every call is told of, and done with once it answers', async () => {
    await untouched(async () => {
      proxy.fault = () => ({ kind: 'hang' });
      await change(2);
      await worker.reported({ state: 'failed', revision: 2 }, 60_000);
      expect(await worker.problem()).toContain('does not answer');
      proxy.fault = () => null;
      await serves('2');
      await worker.reported({ state: 'converged', revision: 2 }, 60_000);
      // One ping may be late by its own short limit.
      await eventually(async () => expect(await worker.problem()).toBeNull());
    });
  }, 120_000);
});

const NOW_AND_THEN: Record<string, Fault> = {
  'answers 500': { kind: 'status', status: 500 },
  'ends in the middle of an answer': { kind: 'cut' },
  'does what it is asked and loses the answer': { kind: 'lost' },
  'refuses a connection': { kind: 'refuse' },
};

/** Of so many requests one fails: a look at an app takes a handful. */
const EACH = 17;

/** The calls by which a hook is run. */
const HOOK_CALLS = [/^\/containers\/\{id\}\/exec$/, /^\/exec\/[^/]+\/start$/, /^\/exec\/[^/]+\/json$/];

/** A hook that notes that it ran. */
const note = (what: string) => ({
  command: ['sh', '-c', `echo ${what} $STEP $NEBULA_REPLICA >> /kept/said`],
});
const hooks = { post_start: note('up'), pre_stop: note('down') };

const UPDATES: Record<string, UpdateSettings> = {
  'change at once': { strategy: 'all_at_once' },
  'rolling update': { strategy: 'rolling', min_ready_seconds: 1 },
};

const CASES = Object.entries(NOW_AND_THEN).flatMap(([how, fault]) =>
  Object.entries(UPDATES).map(([what, update]) => [how, what, fault, update] as const),
);

it.each(CASES)(
  'an engine that now and then %s brings every %s to its end with its hooks, and touches nothing that is right',
  async (_how, _what, fault, update) => {
    const folder = await mkdtemp(join(tmpdir(), 'nebula-hooks-'));
    await untouched(async () => {
      let faults = 0;
      let unfailed = new Set<RegExp>();
      proxy.fault = ({ route, before }) => {
        const call = HOOK_CALLS.find((form) => form.test(route));
        if (!(call && unfailed.delete(call)) && before % EACH !== EACH - 1) return null;
        faults += 1;
        return fault;
      };
      for (const revision of [2, 3]) {
        // The first of each fails when there are hooks before stops.
        if (revision === 3) unfailed = new Set(HOOK_CALLS);
        await change(revision, { update, hooks, volumes: [`${folder}:/kept`] });
        await serves(String(revision));
      }
      expect(faults).toBeGreaterThan(2);
      proxy.fault = () => null;
      await worker.reported({ state: 'converged', revision: 3 }, 60_000);
      const said = new Set((await readFile(join(folder, 'said'), 'utf8')).trim().split('\n'));
      // A newer change may come before a hook after a start has run.
      const must = [...said].filter((line) => !line.startsWith('up 2'));
      expect(must.toSorted()).toEqual(['down 2 1', 'down 2 2', 'up 3 1', 'up 3 2']);
      expect(unfailed.size).toBe(0);
    });
    await rm(folder, { recursive: true });
  },
  180_000,
);
