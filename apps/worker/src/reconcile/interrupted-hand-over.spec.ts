import { test } from '@jest/globals';
import { emptyMemory } from './memory.js';
import { APP } from './testing/arbitraries.js';
import { desiredApp } from './testing/builders.js';
import { check } from './testing/invariants.js';
import { ModelEngine } from './testing/model-engine.js';
import { ModelWorker } from './testing/model-worker.js';

const IMAGES = { 'shop:1': 'shop:1 a', 'shop:2': 'shop:2 a' };

function app(port: number, docker_image: string, revision: number, servers: number) {
  const spec = { docker_image, starting_ports: [port], containers_per: { server: servers } };
  return desiredApp(spec, { revision });
}

/** A worker that is killed after so many steps of a change in which each replica takes the port of another one. */
function killed(ports: [number, number], servers: number, steps: number, failing: number): ModelWorker {
  const content = { containers: [], foreign: [], networks: [], images: IMAGES, registry: IMAGES };
  let isBroken = false;
  const engine = new ModelEngine(APP, content, (step, container) => {
    const fails = step.kind === 'start' && container?.image === 'shop:2' && container.replica === failing;
    return isBroken && fails ? { ok: false, message: 'no', terminal: false } : null;
  });
  const worker = new ModelWorker(engine, app(ports[0], 'shop:1', 1, servers), emptyMemory(), [0]);
  check(worker, 'no begin', worker.converge());
  isBroken = true;
  worker.want(app(ports[1], 'shop:2', 2, servers));
  let left = steps;
  while (left > 0) {
    const { plan, observed } = worker.look();
    const done = worker.execute(plan, observed, left);
    if (done === 0) break;
    left -= done;
    worker.now += 1;
  }
  return worker;
}

/** Works until there is nothing to do at this moment. */
function rest(worker: ModelWorker): void {
  for (let round = 0; round < 20; round += 1) {
    const { plan, observed } = worker.look();
    if (plan.lanes.length === 0) return;
    worker.execute(plan, observed);
    worker.now += 1;
  }
  check(worker, 'no rest', false);
}

test.each<[string, [number, number], number]>([
  ['down', [82, 81], 1],
  ['up', [81, 82], 3],
])('wherever a shift of ports %s was interrupted, no replica waits for a port', (_way, ports, failing) => {
  for (let steps = 1; steps <= 16; steps += 1) {
    const worker = killed(ports, 3, steps, failing);
    for (let tries = 0; tries < 3; tries += 1) {
      rest(worker);
      const up = worker.engine.own().filter(({ state }) => state === 'running');
      check(worker, `a replica is down after ${steps} steps`, up.length === 3);
      worker.now += 300_000;
    }
  }
});
