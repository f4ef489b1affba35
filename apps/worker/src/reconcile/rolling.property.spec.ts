import { describe, expect, test } from '@jest/globals';
import type { OnFailure } from '@nebula/contracts';
import fc from 'fast-check';
import { emptyMemory } from './memory.js';
import type { ObservedContainer } from './observed.js';
import { APP, schedule } from './testing/arbitraries.js';
import { desiredApp, tokens } from './testing/builders.js';
import { check, right } from './testing/invariants.js';
import { ModelEngine } from './testing/model-engine.js';
import { ModelWorker } from './testing/model-worker.js';

const RUNS = { numRuns: 40 };

const drawn = fc.record({
  servers: fc.integer({ min: 1, max: 5 }),
  most: fc.oneof(fc.integer({ min: 1, max: 7 }), fc.constantFrom('20%', '50%', '100%')),
  hasCheck: fc.boolean(),
  schedule,
  kills: fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 4 }),
});
type Drawn = typeof drawn extends fc.Arbitrary<infer T> ? T : never;

function app({ servers, most }: Drawn, docker_image: string, on_failure: OnFailure, revision: number) {
  const update = { strategy: 'rolling', max_unavailable: most, on_failure, min_ready_seconds: 2 } as const;
  const spec = { docker_image, update, containers_per: { server: servers }, starting_ports: [81] };
  return desiredApp(spec, { revision });
}

function mostAway({ servers, most }: Drawn): number {
  if (typeof most === 'number') return Math.min(most, servers);
  return Math.max(1, Math.floor((servers * Number.parseInt(most, 10)) / 100));
}

/** An app that has converged on shop:1, and wants shop:2 from now on. Containers of shop:3 never get well. */
function updating(given: Drawn, image: string, on_failure: OnFailure): ModelWorker {
  const images = Object.fromEntries(['shop:1', 'shop:2', 'shop:3'].map((name) => [name, `${name} a`]));
  const content = { containers: [], foreign: [], networks: [], images, registry: images };
  const engine = new ModelEngine(APP, content);
  engine.onStart = (container) => {
    if (given.hasCheck) container.health = container.image === 'shop:3' ? 'unhealthy' : 'starting';
  };
  const worker = new ModelWorker(engine, app(given, 'shop:1', on_failure, 1), emptyMemory(), given.schedule);
  check(worker, 'no end', worker.converge());
  expect(worker.memory.good?.revision).toBe(1);
  // Without a check its program just ends, over and over, whenever somebody looks.
  const observe = engine.observe.bind(engine);
  engine.observe = (lookUp) => {
    for (const container of engine.containers.values()) {
      if (container.image !== 'shop:3' || given.hasCheck || container.started_at === 0) continue;
      container.restart_count += 1;
      container.started_at = worker.now;
    }
    return observe(lookUp);
  };
  worker.want(app(given, image, on_failure, 2));
  return worker;
}

/** Served replicas are those with a container that is ready for the rule of these apps. */
function served(worker: ModelWorker): number {
  const isReady = ({ state, health, started_at }: ObservedContainer): boolean =>
    state === 'running' && (health === 'healthy' || (health === 'none' && worker.now - started_at >= 2000));
  return new Set(
    worker.engine
      .own()
      .filter(isReady)
      .map(({ replica }) => replica),
  ).size;
}

/** Works on, killed and started again in between, until there is nothing more to do. One that is not well is looked at for ever. */
function finish(worker: ModelWorker, { kills }: Drawn, endsOver = false): void {
  for (const after of kills) {
    const { plan, observed } = worker.look();
    worker.execute(plan, observed, after);
    worker.engine.settle();
    worker.now += 1;
  }
  check(worker, 'no end', worker.converge(endsOver ? 15 : 60) || endsOver);
}

describe('a rolling update', () => {
  test('of an image that is well converges, and never has more replicas away than it may', () => {
    fc.assert(
      fc.property(drawn, (given) => {
        const worker = updating(given, 'shop:2', 'pause');
        const least = given.servers - mostAway(given);
        worker.onDone = () => check(worker, 'too many are away', served(worker) >= least);
        finish(worker, given);
        expect(worker.state()).toBe('converged');
        expect(worker.memory.good?.revision).toBe(2);
        expect(worker.engine.own().every((container) => right(container, worker.desired))).toBe(true);
      }),
      RUNS,
    );
  });

  test('of a bad image stops when as many are bad as may be away, and touches no other', () => {
    fc.assert(
      fc.property(drawn, (given) => {
        const worker = updating(given, 'shop:3', 'pause');
        const before = new Set(worker.engine.own().map(({ id }) => id));
        const least = given.servers - mostAway(given);
        worker.onDone = () => check(worker, 'too many are away', served(worker) >= least);
        finish(worker, given, true);
        expect(worker.state()).toBe('failed');
        const bad = worker.engine.own().filter((container) => right(container, worker.desired));
        check(worker, 'none was tried', bad.length >= 1);
        check(worker, 'too many are bad', bad.length <= mostAway(given));
        const others = worker.engine.own().filter((container) => !bad.includes(container));
        expect(others.every(({ id, state }) => before.has(id) && state === 'running')).toBe(true);
        expect(bad.length + others.length).toBe(given.servers);
        const { plan } = worker.look();
        // What is unhealthy is restarted in place, ever more rarely.
        expect(plan.lanes.flat().filter(({ kind }) => kind !== 'restart')).toEqual([]);
      }),
      RUNS,
    );
  });

  test('that is taken back ends on the version before, with those that were never replaced untouched', () => {
    fc.assert(
      fc.property(drawn, (given) => {
        const worker = updating(given, 'shop:3', 'rollback');
        const ids = worker.engine.own().map(({ id }) => id);
        const stopped = new Set<string>();
        worker.onStep = (step) => {
          if (step.kind === 'stop' && step.target.by === 'id') stopped.add(step.target.id);
        };
        finish(worker, given);
        expect(worker.state()).toBe('failed');
        const now = worker.engine.own();
        expect(now.map(({ image, state }) => [image, state])).toEqual(
          Array.from({ length: given.servers }, () => ['shop:1', 'running']),
        );
        const touched = ids.filter((id) => stopped.has(id));
        check(worker, 'more were touched than may be away', touched.length <= mostAway(given));
        expect(ids.filter((id) => !stopped.has(id)).every((id) => now.some((c) => c.id === id))).toBe(true);
        // A restart of the worker, much later, tries it no more; a wish to prune is none to try it, a repeated wish is.
        worker.now += 86_400_000;
        expect(worker.look().plan.lanes).toEqual([]);
        worker.want({ ...worker.desired, revision: 3, tokens: tokens({ prune: 3 }) });
        expect(worker.look().plan.lanes).toEqual([[{ kind: 'prune', token: 3 }]]);
        worker.want({ ...worker.desired, revision: 4, tokens: tokens({ roll: 4 }) });
        expect(worker.look().plan.lanes).not.toEqual([]);
      }),
      RUNS,
    );
  });
});
