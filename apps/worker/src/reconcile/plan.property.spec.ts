import { describe, expect, test } from '@jest/globals';
import { containerName } from '@nebula/contracts';
import fc from 'fast-check';
import type { DesiredApp } from './desired.js';
import { isRight } from './fingerprint.js';
import type { ObservedContainer } from './observed.js';
import type { Step } from './step.js';
import { APP, desired, running, world } from './testing/arbitraries.js';
import { desiredApp } from './testing/builders.js';
import { ModelEngine } from './testing/model-engine.js';
import { ModelWorker } from './testing/model-worker.js';

const schedule = fc.array(fc.nat(20), { minLength: 1, maxLength: 12 });
const RUNS = { numRuns: 300 };

/** A desired state and an engine in any state. */
const start = desired.chain((wanted) =>
  fc.record({ wanted: fc.constant(wanted), world: world(wanted), schedule }),
);

function right(container: ObservedContainer, { spec, tokens }: DesiredApp): boolean {
  const wanted = spec?.running && container.replica >= 1 && container.replica <= replicasOf(spec);
  return Boolean(wanted && spec && isRight(container.fingerprint, spec, container.replica, tokens));
}

function replicasOf(spec: NonNullable<DesiredApp['spec']>): number {
  return 'server' in spec.containers_per ? spec.containers_per.server : 0;
}

/** Fails with the whole history, which says far more than the shrunk input. */
function check(worker: ModelWorker, what: string, holds: boolean): void {
  if (holds) return;
  const containers = worker.engine
    .own()
    .map(
      (c) =>
        `${c.id} ${c.name} ${c.replica} ${c.state} ${c.restart_policy} ${c.fingerprint.slice(0, 9)} ${c.ports.map((p) => p.host_port).join()}`,
    );
  throw new Error([what, ...worker.history.slice(-80), ...containers].join('\n'));
}

/** Names that a replica may want and somebody else has. */
function foreignNames(worker: ModelWorker): Set<string> {
  return new Set(worker.engine.foreign.map(({ name }) => name));
}

/** The desired state is reached, as far as nobody else sits on the names. */
function expectReached(worker: ModelWorker): void {
  const { desired: wanted, engine } = worker;
  const taken = foreignNames(worker);
  const names = Array.from({ length: wanted.spec?.running ? replicasOf(wanted.spec) : 0 }, (_, index) =>
    containerName(APP, index + 1),
  );
  const blocked = names.filter((name) => taken.has(name));
  const containers = engine.own();
  for (const [index, name] of names.entries()) {
    if (blocked.includes(name)) continue;
    const mine = containers.filter(({ replica }) => replica === index + 1);
    check(worker, `${name} is not alone`, mine.length === 1);
    const [only] = mine;
    check(
      worker,
      `${name} is not as wanted`,
      only !== undefined &&
        only.name === name &&
        only.state === 'running' &&
        only.restart_policy === 'always' &&
        right(only, wanted),
    );
  }
  check(
    worker,
    'there is surplus',
    containers.every(({ replica }) => replica >= 1 && replica <= names.length),
  );
  check(worker, 'it does not say so', (worker.state() === 'converged') === (blocked.length === 0));
}

/** What must hold at each step, whatever happens around it. */
function guard(worker: ModelWorker): ModelWorker {
  let hadRight: number[] = [];
  worker.onStep = (step: Step, before: ObservedContainer[]) => {
    const { desired: wanted } = worker;
    hadRight = before.filter((c) => c.state === 'running' && right(c, wanted)).map(({ replica }) => replica);
    if (!('target' in step) || step.target.by !== 'id') return;
    const { id } = step.target;
    const target = before.find((container) => container.id === id);
    if (!target || target.state !== 'running' || !right(target, wanted)) return;
    const settled = target.name === containerName(APP, target.replica) && target.restart_policy === 'always';
    const alone =
      before.filter((c) => c.replica === target.replica && c.state === 'running' && right(c, wanted))
        .length === 1;
    check(worker, `right ${target.name} is touched by ${step.kind}`, !(settled && alone));
  };
  worker.onDone = () => {
    const have = worker.engine.own().filter((c) => c.state === 'running' && right(c, worker.desired));
    for (const replica of hadRight) {
      check(
        worker,
        `right replica ${replica} was ended`,
        have.some((container) => container.replica === replica),
      );
    }
  };
  worker.onPlan = ({ lanes }, { containers }) => {
    for (const lane of lanes) expectNothingLost(worker, lane, lanes, containers);
  };
  return worker;
}

/** A lane ends the last container of a wanted replica only if its new one is there and is started next. */
function expectNothingLost(
  worker: ModelWorker,
  lane: Step[],
  lanes: Step[][],
  containers: ObservedContainer[],
): void {
  const count = worker.desired.spec?.running ? replicasOf(worker.desired.spec) : 0;
  const stopped = new Set(
    lanes.flat().flatMap((step) => (step.kind === 'stop' && step.target.by === 'id' ? [step.target.id] : [])),
  );
  lane.forEach((step, index) => {
    if (step.kind !== 'stop' || step.replica < 1 || step.replica > count) return;
    const { replica } = step;
    const remains = containers.some(
      (c) =>
        c.replica === replica && ['running', 'paused', 'restarting'].includes(c.state) && !stopped.has(c.id),
    );
    if (remains) return;
    const after = lane.slice(index).some((later) => later.kind === 'start' && later.replica === replica);
    const made = containers.some((c) => c.replica === replica && right(c, worker.desired));
    const pulls = !made && lanes.flat().some(({ kind }) => kind === 'pull');
    const late = lane
      .slice(index)
      .some((later) => later.kind === 'create' && later.draft.replica === replica);
    check(worker, `replica ${replica} is stopped without need`, after && !late && !pulls);
  });
}

/** What nobody may touch. */
function bystanders(engine: ModelEngine): unknown {
  return [...engine.containers.values()].filter(({ app_name }) => app_name !== APP);
}

describe('a plan', () => {
  test('is empty once the desired state is reached', () => {
    fc.assert(
      fc.property(start, ({ wanted, world: { content, memory }, schedule: order }) => {
        const worker = new ModelWorker(
          new ModelEngine(APP, { ...content, foreign: [] }),
          wanted,
          memory,
          order,
        );
        expect(worker.converge()).toBe(true);
        expectReached(worker);
        expect(worker.look().plan).toEqual({ lanes: [], problems: [] });
      }),
      RUNS,
    );
  });

  test('applied again and again reaches the desired state from any state, and touches nothing else', () => {
    fc.assert(
      fc.property(start, ({ wanted, world: { content, memory }, schedule: order }) => {
        const worker = guard(new ModelWorker(new ModelEngine(APP, content), wanted, memory, order));
        const others = JSON.stringify(bystanders(worker.engine));
        check(worker, 'no end', worker.converge());
        expectReached(worker);
        expect(JSON.stringify(bystanders(worker.engine))).toBe(others);
      }),
      RUNS,
    );
  });

  test('is continued wherever the worker was killed, and the engine with it', () => {
    const kills = fc.array(fc.record({ after: fc.integer({ min: 1, max: 12 }), engine: fc.boolean() }), {
      maxLength: 5,
    });
    fc.assert(
      fc.property(start, kills, ({ wanted, world: { content, memory }, schedule: order }, list) => {
        const worker = guard(new ModelWorker(new ModelEngine(APP, content), wanted, memory, order));
        for (const kill of list) {
          const { plan, observed } = worker.look();
          worker.execute(plan, observed, kill.after);
          if (kill.engine) worker.engine.restart();
          worker.engine.settle();
          worker.now += 1;
        }
        check(worker, 'no end', worker.converge());
        expectReached(worker);
      }),
      RUNS,
    );
  });

  test('gets over steps that fail now and then', () => {
    const refusals = fc.array(fc.boolean(), { maxLength: 25 });
    fc.assert(
      fc.property(start, refusals, ({ wanted, world: { content, memory }, schedule: order }, list) => {
        const left = [...list];
        const engine = new ModelEngine(APP, content, () =>
          left.shift() ? { ok: false, message: 'not now', terminal: false } : null,
        );
        const worker = guard(new ModelWorker(engine, wanted, memory, order));
        check(worker, 'no end', worker.converge(200));
        expectReached(worker);
      }),
      RUNS,
    );
  });

  test('follows the newest of many changes, and starts nothing for the others', () => {
    const changes = fc.array(fc.record({ wanted: desired, after: fc.nat(10) }), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(start, changes, ({ wanted, world: { content, memory }, schedule: order }, list) => {
        const worker = new ModelWorker(
          new ModelEngine(APP, { ...content, foreign: [] }),
          wanted,
          memory,
          order,
        );
        guard(worker);
        const ran = new Set<string>();
        const guarded = worker.onStep;
        worker.onStep = (step, before) => {
          guarded(step, before);
          for (const c of before) if (c.state !== 'created') ran.add(c.id);
          if (step.kind === 'create') {
            const { spec, tokens } = worker.desired;
            const { fingerprint, replica } = step.draft;
            check(
              worker,
              'made for an old wish',
              spec !== null && isRight(fingerprint, spec, replica, tokens),
            );
          }
          if (step.kind !== 'start' || step.target.by !== 'id') return;
          const { id } = step.target;
          const target = before.find((container) => container.id === id);
          check(
            worker,
            'started for an old wish',
            target !== undefined && (ran.has(id) || right(target, worker.desired)),
          );
        };
        for (const change of list) {
          const { plan, observed } = worker.look();
          if (change.after > 0) worker.execute(plan, observed, change.after);
          worker.want(change.wanted);
          worker.now += 1;
        }
        check(worker, 'no end', worker.converge());
        expectReached(worker);
      }),
      RUNS,
    );
  });
});

describe('new containers that do not start', () => {
  /** An app that runs, and a change of it. */
  const update = fc.record({ from: running, to: running, terminal: fc.boolean(), schedule }).map((drawn) => {
    const { from, to } = drawn;
    // The same number, so that every replica has one before.
    const spec = to.spec && from.spec && { ...to.spec, containers_per: from.spec.containers_per };
    return { ...drawn, to: { ...to, spec } };
  });

  /** Runs `from` until it is there, then wants `to`, of which the given replicas fail to start. */
  function change(
    {
      from,
      to,
      terminal,
      schedule: order,
    }: { from: DesiredApp; to: DesiredApp; terminal: boolean; schedule: number[] },
    fails: (replica: number) => boolean,
  ): ModelWorker {
    const images = Object.fromEntries(['shop:1', 'shop:2', 'shop:3'].map((image) => [image, `${image} a`]));
    const content = { containers: [], foreign: [], networks: [], images, registry: images };
    let broken = false;
    const engine = new ModelEngine(APP, content, (step, container) =>
      broken && step.kind === 'start' && container && right(container, to) && fails(container.replica)
        ? { ok: false, message: 'exec: not found', terminal }
        : null,
    );
    const worker = new ModelWorker(engine, from, { pin: null, failures: {} }, order);
    check(worker, 'no end', worker.converge());
    broken = true;
    worker.want(to);
    return worker;
  }

  /** Goes on until there is nothing to do at this moment. */
  function rest(worker: ModelWorker): void {
    for (let round = 0; round < 30; round += 1) {
      const { plan, observed } = worker.look();
      if (plan.lanes.length === 0) return;
      worker.execute(plan, observed);
    }
    check(worker, 'no rest', false);
  }

  test('leave the old ones running in the end, and are tried again when that can help', () => {
    fc.assert(
      fc.property(update, fc.integer({ min: 1, max: 4 }), (drawn, rounds) => {
        const worker = change(drawn, () => true);
        const before = worker.engine.own().map(({ id, name }) => [id, name]);
        for (let round = 0; round < rounds; round += 1) {
          rest(worker);
          const now = worker.engine.own();
          check(
            worker,
            'the old ones are not back',
            now.every((c) => c.state === 'running' && c.restart_policy === 'always'),
          );
          expect(now.map(({ id, name }) => [id, name]).sort()).toEqual(before.sort());
          worker.now += 300_000;
        }
      }),
      RUNS,
    );
  });

  test('bring no replica down when only some fail, and none that needs their ports goes ahead', () => {
    // Host ports that shift along a chain, so that who may start depends on who did.
    const shift = fc.record({
      from: fc.constantFrom<number[]>([81], [82], []),
      to: fc.constantFrom<number[]>([82], [81], [83], []),
      servers: fc.integer({ min: 2, max: 5 }),
      failing: fc.subarray([1, 2, 3, 4, 5], { minLength: 1 }),
      terminal: fc.boolean(),
      schedule,
    });
    fc.assert(
      fc.property(shift, ({ from, to, servers, failing, ...drawn }) => {
        const app = (starting_ports: number[], docker_image: string) =>
          desiredApp({ starting_ports, docker_image, containers_per: { server: servers } });
        const worker = change({ ...drawn, from: app(from, 'shop:1'), to: app(to, 'shop:2') }, (replica) =>
          failing.includes(replica),
        );
        for (let round = 0; round < 3; round += 1) {
          rest(worker);
          const up = worker.engine.own().filter(({ state }) => state === 'running');
          check(worker, 'a replica is down', new Set(up.map(({ replica }) => replica)).size === servers);
          check(
            worker,
            'a name is wrong',
            up.every(({ name, replica }) => name === containerName(APP, replica)),
          );
          worker.now += 300_000;
        }
      }),
      RUNS,
    );
  });

  test('that can never start cost the old ones one stop at most', () => {
    fc.assert(
      fc.property(update, (drawn) => {
        const worker = change({ ...drawn, terminal: true }, () => true);
        const stops = new Map<string, number>();
        worker.onStep = (step) => {
          if (step.kind !== 'stop' || step.target.by !== 'id') return;
          stops.set(step.target.id, (stops.get(step.target.id) ?? 0) + 1);
        };
        for (let round = 0; round < 5; round += 1) {
          rest(worker);
          worker.now += 300_000;
        }
        for (const times of stops.values()) check(worker, 'stopped again', times <= 1);
      }),
      RUNS,
    );
  });
});
