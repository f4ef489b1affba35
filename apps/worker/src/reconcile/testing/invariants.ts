import { aliasesIn, containerName, joinedNetworks, replicaPorts } from '@nebula/contracts';
import type { DesiredApp } from '../desired.js';
import { isRight } from '../fingerprint.js';
import type { ObservedContainer } from '../observed.js';
import type { Step } from '../step.js';
import { APP } from './arbitraries.js';
import type { ModelEngine } from './model-engine.js';
import type { ModelWorker } from './model-worker.js';

/** A container of a replica that is wanted, made as wanted. */
export function right(container: ObservedContainer, { spec, tokens }: DesiredApp): boolean {
  const wanted = spec?.running && container.replica >= 1 && container.replica <= replicasOf(spec);
  return Boolean(wanted && spec && isRight(container.fingerprint, spec, container.replica, tokens));
}

function replicasOf(spec: NonNullable<DesiredApp['spec']>): number {
  return 'server' in spec.containers_per ? spec.containers_per.server : 0;
}

/** It is in every network that the app is to be in, by its names. `host` has no way back, and nobody can leave it. */
function connected({ networks, aliases }: ObservedContainer, { spec }: DesiredApp): boolean {
  if (spec === null) return false;
  const isNamed = (name: string): boolean =>
    aliasesIn(name, spec).every((alias) => aliases[name]?.includes(alias));
  return joinedNetworks(spec).every((name) => name === 'host' || (networks.includes(name) && isNamed(name)));
}

/** Fails with the whole history, which says far more than the shrunk input. */
export function check(worker: ModelWorker, what: string, holds: boolean): void {
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

/** Host ports that somebody else publishes. */
function foreignPorts(worker: ModelWorker): Set<number> {
  return new Set(
    worker.engine.foreign
      .filter(({ running }) => running)
      .flatMap(({ ports }) => ports.map(({ host_port }) => host_port)),
  );
}

/** Replicas whose host ports are somebody else's, or stay with the old container of one that waits. */
function waitingForPorts(worker: ModelWorker, count: number): Set<number> {
  const { spec } = worker.desired;
  const held = foreignPorts(worker);
  const waiting = new Set<number>();
  for (let last = -1; spec && last < waiting.size; ) {
    last = waiting.size;
    for (let replica = 1; replica <= count; replica += 1) {
      if (replicaPorts(spec, replica).some(({ host_port }) => held.has(host_port))) waiting.add(replica);
    }
    const old = worker.engine
      .own()
      .filter(({ replica, state }) => waiting.has(replica) && state === 'running');
    for (const { host_port } of old.flatMap(({ ports }) => ports)) held.add(host_port);
  }
  return waiting;
}

/** The desired state is reached, as far as nobody else sits on the names and host ports. */
export function expectReached(worker: ModelWorker): void {
  const { desired: wanted, engine } = worker;
  const taken = foreignNames(worker);
  const names = Array.from({ length: wanted.spec?.running ? replicasOf(wanted.spec) : 0 }, (_, index) =>
    containerName(APP, index + 1),
  );
  const waiting = waitingForPorts(worker, names.length);
  const blocked = names.filter((name, index) => taken.has(name) || waiting.has(index + 1));
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
        right(only, wanted) &&
        connected(only, wanted),
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
export function guard(worker: ModelWorker): ModelWorker {
  let hadRight: number[] = [];
  // Where nothing can be updated, a container of another restart policy than the spec's is made anew.
  const fits = (container: ObservedContainer, wanted: DesiredApp): boolean =>
    right(container, wanted) && (worker.engine.canUpdate || container.restart_policy === 'always');
  worker.onStep = (step: Step, before: ObservedContainer[]) => {
    const { desired: wanted } = worker;
    hadRight = before.filter((c) => c.state === 'running' && fits(c, wanted)).map(({ replica }) => replica);
    if (step.kind === 'create') {
      const taken = step.draft.ports.find(({ host_port }) => foreignPorts(worker).has(host_port));
      check(worker, `${step.draft.name} is made although its host port is taken`, taken === undefined);
    }
    if (!('target' in step) || step.target.by !== 'id') return;
    const { id } = step.target;
    const target = before.find((container) => container.id === id);
    if (!target || target.state !== 'running' || !fits(target, wanted)) return;
    const settled =
      target.name === containerName(APP, target.replica) &&
      target.restart_policy === 'always' &&
      connected(target, wanted);
    const alone =
      before.filter((c) => c.replica === target.replica && c.state === 'running' && fits(c, wanted))
        .length === 1;
    check(worker, `right ${target.name} is touched by ${step.kind}`, !(settled && alone));
  };
  worker.onDone = () => {
    const have = worker.engine.own().filter((c) => c.state === 'running' && fits(c, worker.desired));
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
    // What the lane itself makes first is made of an image that is there, be it that of a release before the pulled one.
    const made =
      lane.slice(0, index).some((step) => step.kind === 'create' && step.draft.replica === replica) ||
      containers.some((c) => c.replica === replica && right(c, worker.desired));
    const pulls = !made && lanes.flat().some(({ kind }) => kind === 'pull');
    const late = lane
      .slice(index)
      .some((later) => later.kind === 'create' && later.draft.replica === replica);
    check(worker, `replica ${replica} is stopped without need`, after && !late && !pulls);
  });
}

/** What nobody may touch. */
export function bystanders(engine: ModelEngine): unknown {
  return [...engine.containers.values()].filter(({ app_name }) => app_name !== APP);
}
