import {
  aliasesIn,
  type AppSpec,
  expandSpec,
  joinedNetworks,
  NO_TOKENS,
  replicaPorts,
  type Tokens,
} from '@nebula/contracts';
import type { DesiredApp } from '../desired.js';
import { fingerprint } from '../fingerprint.js';
import { emptyMemory } from '../memory.js';
import { limitsOf } from '../limits.js';
import type { NodeFacts, ObservedApp, ObservedContainer } from '../observed.js';
import type { PlanInput } from '../plan-input.js';
import { restartPolicy } from '../restart-policy.js';

/** A moment for tests, milliseconds since 1970. */
export const NOW = 1_000_000;

export const NODE: NodeFacts = {
  ...{ cores: 8, memory_bytes: 16 * 1024 ** 3 },
  ...{ hostname: 'box', swap_limit: true, can_update: true, can_check: true, is_podman: false },
  platform: 'linux/amd64',
};

export function desiredApp(spec: Partial<AppSpec> = {}, more: Partial<DesiredApp> = {}): DesiredApp {
  const whole = expandSpec({ app_name: 'web', docker_image: 'shop:1', ...spec });
  return { app_name: 'web', revision: 1, deleted: false, spec: whole, tokens: NO_TOKENS, ...more };
}

/** A container that is right for a desired state, running under its name. */
export function rightContainer(
  desired: DesiredApp,
  replica: number,
  more: Partial<ObservedContainer> = {},
): ObservedContainer {
  const spec = specOf(desired);
  return {
    id: `c${replica}`,
    name: `${desired.app_name}-${replica}`,
    app_name: desired.app_name,
    replica,
    fingerprint: fingerprint(spec, replica, desired.tokens),
    state: 'running',
    health: 'none',
    image: spec.docker_image,
    image_id: `id of ${spec.docker_image}`,
    ports: replicaPorts(spec, replica),
    networks: joinedNetworks(spec),
    aliases: Object.fromEntries(joinedNetworks(spec).map((name) => [name, aliasesIn(name, spec)])),
    network_mode: joinedNetworks(spec)[0] ?? '',
    restart_count: 0,
    restart_policy: restartPolicy(spec),
    limits: limitsOf(spec),
    stop_grace_seconds: spec.stop_grace_period_seconds,
    hooks: spec.hooks,
    exit_code: 0,
    error: '',
    created_at: NOW - 601_000,
    started_at: NOW - 600_000,
    ...more,
  };
}

/** Everything that planning needs, with the network and the image there and the image pinned. */
export function situation(
  desired: DesiredApp,
  containers: ObservedContainer[],
  more: Partial<Omit<PlanInput, 'observed'>> & { observed?: Partial<ObservedApp> } = {},
): PlanInput {
  const image = desired.spec?.docker_image ?? 'shop:1';
  const image_id = `id of ${image}`;
  const { observed, ...rest } = more;
  return {
    scope: 'default',
    desired,
    node: NODE,
    memory: { ...emptyMemory(), pin: { image, release: desired.tokens.release, image_id } },
    now: NOW,
    ...rest,
    observed: {
      containers,
      taken_names: [],
      taken_ports: [],
      networks: ['bridge', 'host', 'none', 'nebula'],
      images: { [image]: image_id, [image_id]: image_id },
      ...observed,
    },
  };
}

export function specOf({ spec }: DesiredApp): AppSpec {
  if (!spec) throw new Error('A tombstone has no spec.');
  return spec;
}

export function tokens(more: Partial<Tokens>): Tokens {
  return { ...NO_TOKENS, ...more };
}
