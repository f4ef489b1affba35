import type { AppSpec, UpdateSettings } from '@nebula/contracts';
import type { DesiredApp } from '../desired.js';
import { formatPlan } from '../format-plan.js';
import { learn } from '../learn.js';
import { onNewDesired, withVerdict } from '../memory-updates.js';
import { type AppMemory, emptyMemory } from '../memory.js';
import type { ObservedContainer } from '../observed.js';
import { plan } from '../plan.js';
import type { Step } from '../step.js';
import { appState } from '../status.js';
import { desiredApp, NODE as SERVER, NOW, rightContainer, situation, specOf } from './builders.js';

export const NODE = { cores: 8, memory_bytes: 16 * 1024 ** 3 };

export const ROLLING: UpdateSettings = {
  strategy: 'rolling',
  min_ready_seconds: 5,
  health_timeout_seconds: 60,
};

export function app(
  docker_image: string,
  update: UpdateSettings = ROLLING,
  spec: Partial<AppSpec> = {},
  more = {},
): DesiredApp {
  return desiredApp({ docker_image, update, containers_per: { server: 4 }, ...spec }, more);
}

export const before = app('shop:1');
export const after = app('shop:2', ROLLING, {}, { revision: 2 });

/** One that was just replaced. */
export const fresh = (replica: number, more: Partial<ObservedContainer> = {}, of = after) =>
  rightContainer(of, replica, { id: `n${replica}`, started_at: NOW - 1000, ...more });
export const ready = (replica: number, of = after) => fresh(replica, { started_at: NOW - 5000 }, of);
export const old = (replica: number, more: Partial<ObservedContainer> = {}, of = before) =>
  rightContainer(of, replica, { id: `o${replica}`, ...more });

/** Memory after `before` has served, at the moment at which another version is wanted. */
export function remembered(desired: DesiredApp, from = before, more: Partial<AppMemory> = {}): AppMemory {
  const pin = { image: specOf(from).docker_image, release: from.tokens.release, image_id: 'id of shop:1' };
  const { revision, tokens: at } = from;
  const good = { revision, spec: specOf(from), tokens: at, pin };
  const memory = onNewDesired({ ...emptyMemory(), pin, good, found: [] }, desired, NODE);
  const image = specOf(desired).docker_image;
  const current = { image, release: desired.tokens.release, image_id: `id of ${image}` };
  return { ...memory, pin: current, ...more };
}

export function look(
  desired: DesiredApp,
  containers: ObservedContainer[],
  memory = remembered(desired),
  machine?: string,
) {
  const images = Object.fromEntries(
    ['shop:1', 'shop:2'].flatMap((image) => [
      [image, `id of ${image}`],
      [`id of ${image}`, `id of ${image}`],
    ]),
  );
  const input = situation(desired, containers, {
    ...{ memory, observed: { images } },
    ...(machine === undefined ? {} : { node: { ...SERVER, machine } }),
  });
  const learned = learn(input);
  const made = plan({ ...input, memory: learned });
  return {
    memory: learned,
    lanes: made.lanes.map((lane) => lane.map((step) => step.kind).join(' ')),
    /** Replicas that a container is created for. */
    made: made.lanes
      .flat()
      .flatMap((step) => (step.kind === 'create' ? [`${step.draft.replica} ${step.draft.image}`] : [])),
    lines: formatPlan(made, NOW),
    state: appState(made, desired, input.observed),
  };
}

export const four = (of: (replica: number) => ObservedContainer) =>
  [1, 2, 3, 4].map((replica) => of(replica));

/** An update that is taken back when it fails. */
export const ROLLBACK: UpdateSettings = { ...ROLLING, on_failure: 'rollback' };
export const back = app('shop:2', ROLLBACK, {}, { revision: 2 });

/** What ends an update. */
export const JUDGED: Step & { kind: 'judge' } = {
  ...{ kind: 'judge', replica: 1, target: { by: 'id', id: 'n1' }, revision: 2 },
  ...{ reason: 'web-1 is unhealthy', exit_code: 3 },
};
/** The memory once it has. */
export const judged = (desired = after, more: Partial<AppMemory> = {}) =>
  withVerdict(remembered(desired, undefined, more), JUDGED, 'no database', NOW);
