import { describe, expect, test } from '@jest/globals';
import { containerName } from '@nebula/contracts';
import fc from 'fast-check';
import type { DesiredApp } from './desired.js';
import { emptyMemory } from './memory.js';
import { APP, running, schedule } from './testing/arbitraries.js';
import { desiredApp } from './testing/builders.js';
import { check, right } from './testing/invariants.js';
import { ModelEngine } from './testing/model-engine.js';
import { ModelWorker } from './testing/model-worker.js';

const RUNS = { numRuns: 100 };

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
    const worker = new ModelWorker(engine, from, emptyMemory(), order);
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
