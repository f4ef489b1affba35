import {
  aliasesIn,
  type AppSpec,
  type CompactSpec,
  CONTAINER_STATES,
  expandSpec,
  joinedNetworks,
  type NetworkSpec,
  type PortBinding,
  replicaPorts,
} from '@nebula/contracts';
import fc from 'fast-check';
import type { DesiredApp } from '../desired.js';
import { fingerprint } from '../fingerprint.js';
import { limitsOf, NO_LIMITS } from '../limits.js';
import { type AppMemory, emptyMemory } from '../memory.js';
import type { ObservedContainer } from '../observed.js';
import type { ForeignContainer, ModelContent } from './model-engine.js';

export const APP = 'web';
const IMAGES = ['shop:1', 'shop:2', 'shop:3'];

/** Specs whose host ports overlap, shift and cross in all ways. */
const PORTS: CompactSpec['starting_ports'][] = [[], [81], [82], [80], [{ '83': '80' }], [81, 91], [82, 90]];

export const spec: fc.Arbitrary<CompactSpec> = fc.record({
  app_name: fc.constant(APP),
  docker_image: fc.constantFrom(...IMAGES),
  starting_ports: fc.constantFrom(...PORTS.map((ports) => ports ?? [])),
  containers_per: fc.record({ server: fc.integer({ min: 1, max: 4 }) }),
  env_vars: fc.constantFrom<Record<string, string>>({}, { A: '1' }),
  networks: fc.constantFrom<NetworkSpec[]>([], ['back'], [{ name: 'back', aliases: ['shop'] }], ['host']),
});

export const tokens = fc.record({
  restart: fc.constantFrom(0, 4),
  release: fc.constantFrom(0, 5),
  roll: fc.constant(0),
  prune: fc.constant(0),
});

export const running: fc.Arbitrary<DesiredApp> = fc
  .record({ spec, tokens, revision: fc.integer({ min: 1, max: 9 }) })
  .map((parts) => ({ ...parts, app_name: APP, deleted: false, spec: expandSpec(parts.spec) }));

/** Mostly apps that shall run; some are stopped, some are deleted. */
export const desired: fc.Arbitrary<DesiredApp> = fc.oneof(
  { weight: 6, arbitrary: running },
  {
    weight: 1,
    arbitrary: running.map((app) => ({ ...app, spec: app.spec && { ...app.spec, running: false } })),
  },
  { weight: 1, arbitrary: running.map((app) => ({ ...app, deleted: true, spec: null })) },
);

/** In which order parallel lanes go on. */
export const schedule = fc.array(fc.nat(20), { minLength: 1, maxLength: 12 });

const NAMES = ['', '.next', '.old', '.next.2', '.odd'].flatMap((end) =>
  [1, 2, 3, 4].map((n) => `${APP}-${n}${end}`),
);

interface Sketch {
  replica: number;
  made: 'wanted' | 'before' | 'future' | 'garbage';
  state: ObservedContainer['state'];
  name: string | null;
  restart_policy: string;
  /** Somebody has taken it out of its last network. */
  disconnected: boolean;
  /** Somebody has taken it out and put it back, and nobody finds it there by the app's names. */
  nameless: boolean;
  age: number;
}

const sketch: fc.Arbitrary<Sketch> = fc.record({
  replica: fc.integer({ min: 0, max: 5 }),
  made: fc.constantFrom('wanted', 'wanted', 'before', 'future', 'garbage'),
  state: fc.oneof(fc.constant('running' as const), fc.constantFrom(...CONTAINER_STATES)),
  name: fc.option(fc.constantFrom(...NAMES)),
  restart_policy: fc.constantFrom('always', 'always', 'no', 'unless-stopped'),
  disconnected: fc.boolean(),
  nameless: fc.boolean(),
  age: fc.nat(100),
});

const foreign: fc.Arbitrary<ForeignContainer> = fc.record({
  name: fc.oneof(fc.constantFrom(...NAMES.slice(4)), fc.constant('db')),
  running: fc.boolean(),
  ports: fc.constantFrom<PortBinding[]>([], [{ host_port: 82, container_port: 80 }]),
});

/** An engine in any state that Docker could be in, and a memory that may or may not fit. */
export function world(wanted: DesiredApp): fc.Arbitrary<{ content: ModelContent; memory: AppMemory }> {
  return fc
    .record({
      before: running,
      sketches: fc.array(sketch, { maxLength: 8 }),
      foreign: fc.uniqueArray(foreign, { maxLength: 2, selector: ({ name }) => name }),
      networks: fc.subarray(['nebula', 'back']),
      local: fc.subarray(IMAGES),
      can_update: fc.boolean(),
      pin: fc.option(
        fc.record({
          image: fc.constantFrom(...IMAGES),
          release: fc.constantFrom(0, 5),
          build: fc.constantFrom('a', 'b'),
        }),
      ),
    })
    .map(({ before, sketches, foreign: others, networks, local, pin, can_update }) => ({
      content: {
        containers: [...bystanders(), ...realize(sketches, wanted, before, others)],
        foreign: others,
        networks,
        can_update,
        images: Object.fromEntries(local.map((image) => [image, `${image} a`])),
        // Every tag has moved on since.
        registry: Object.fromEntries(IMAGES.map((image) => [image, `${image} b`])),
      },
      memory: {
        ...emptyMemory(),
        pin: pin && { image: pin.image, release: pin.release, image_id: `${pin.image} ${pin.build}` },
      },
    }));
}

/** Another app's containers, with names that are easily mixed up with ours. */
export function bystanders(): ObservedContainer[] {
  return [1, 2].map((replica) => ({
    id: `bystander${replica}`,
    name: `${APP}-1-${replica}`,
    app_name: `${APP}-1`,
    replica,
    fingerprint: 'v1:other',
    state: replica === 1 ? 'running' : 'exited',
    health: 'none',
    image: 'other:1',
    image_id: 'other:1 a',
    ports: [],
    networks: ['nebula'],
    aliases: {},
    network_mode: 'nebula',
    limits: NO_LIMITS,
    stop_grace_seconds: null,
    hooks: {},
    restart_count: 0,
    restart_policy: 'always',
    exit_code: 0,
    error: '',
    created_at: 0,
    started_at: 0,
  }));
}

/** Containers with unique names of which no two that are up hold the same host port. */
function realize(
  sketches: Sketch[],
  wanted: DesiredApp,
  before: DesiredApp,
  others: ForeignContainer[],
): ObservedContainer[] {
  const names = new Set(others.map(({ name }) => name));
  const held = new Set(
    others
      .filter(({ running: runs }) => runs)
      .flatMap(({ ports }) => ports.map(({ host_port }) => host_port)),
  );
  return sketches.map((drawn, index) => {
    const made = drawn.made === 'wanted' && wanted.spec ? wanted : before;
    const ports = made.spec ? replicaPorts(made.spec, Math.max(1, drawn.replica)) : [];
    const up = ['running', 'paused', 'restarting'].includes(drawn.state);
    const fits = ports.every(({ host_port }) => !held.has(host_port));
    if (up && fits) for (const { host_port } of ports) held.add(host_port);
    const name = [drawn.name, `${APP}-${drawn.replica}`, `${APP}-${index}.drawn`].find(
      (option) => option !== null && !names.has(option),
    );
    names.add(name ?? '');
    return {
      id: `had${index}`,
      name: name ?? '',
      app_name: APP,
      replica: drawn.replica,
      fingerprint: label(drawn, made),
      state: up && !fits ? 'exited' : drawn.state,
      health: 'none',
      image: made.spec?.docker_image ?? '',
      image_id: `${made.spec?.docker_image} a`,
      ports: ports satisfies PortBinding[],
      network_mode: made.spec ? (joinedNetworks(made.spec)[0] ?? '') : '',
      networks: made.spec ? joinedNetworks(made.spec).slice(0, drawn.disconnected ? -1 : undefined) : [],
      aliases: drawn.nameless || !made.spec ? {} : aliasesOf(made.spec),
      restart_count: 0,
      restart_policy: drawn.restart_policy,
      limits: made.spec ? limitsOf(made.spec) : NO_LIMITS,
      stop_grace_seconds: null,
      hooks: made.spec?.hooks ?? {},
      exit_code: 1,
      error: '',
      created_at: drawn.age,
      started_at: drawn.age,
    };
  });
}

function aliasesOf(from: AppSpec): Record<string, string[]> {
  return Object.fromEntries(joinedNetworks(from).map((name) => [name, aliasesIn(name, from)]));
}

function label({ made, replica }: Sketch, { spec: from, tokens: at }: DesiredApp): string {
  if (made === 'future') return 'v9:future';
  if (made === 'garbage' || !from) return 'nonsense';
  return fingerprint(from, Math.max(1, replica), at);
}
