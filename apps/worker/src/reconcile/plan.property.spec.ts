import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isRight } from './fingerprint.js';
import { APP, desired, schedule, world } from './testing/arbitraries.js';
import { bystanders, check, expectReached, guard, right } from './testing/invariants.js';
import { ModelEngine } from './testing/model-engine.js';
import { ModelWorker } from './testing/model-worker.js';

const RUNS = { numRuns: 300 };

/** A desired state and an engine in any state. */
const start = desired.chain((wanted) =>
  fc.record({ wanted: fc.constant(wanted), world: world(wanted), schedule }),
);

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
