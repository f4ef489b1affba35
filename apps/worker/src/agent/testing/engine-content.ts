import { aliasesIn } from '@nebula/contracts';
import type { ContainerListing, LocalImage } from '../../container-runtime/container-runtime.js';
import { limitsOf } from '../../reconcile/limits.js';
import type { ObservedContainer } from '../../reconcile/observed.js';
import { createdPolicy } from '../../reconcile/restart-policy.js';
import type { ContainerDraft } from '../../reconcile/step.js';

/** What an engine in memory has, and what it says of that. */

/** A container of somebody else. */
export interface Foreign {
  name: string;
  host_ports: number[];
}

/** States in which a container holds its host ports. */
export const UP = ['running', 'paused', 'restarting'];

/** A container as it is made, not started. */
export function containerOf(
  draft: ContainerDraft,
  id: string,
  image_id: string,
  created_at: number,
): ObservedContainer {
  const { name, replica, fingerprint, image, ports, networks, spec } = draft;
  return {
    ...{ id, name, app_name: spec.app_name, networks, replica, fingerprint, image, image_id, ports },
    ...({ state: 'created', health: 'none', restart_count: 0 } as const),
    ...{ restart_policy: createdPolicy(spec), limits: limitsOf(spec) },
    ...{ stop_grace_seconds: spec.stop_grace_period_seconds, hooks: spec.hooks },
    ...{ exit_code: 0, error: '', created_at, started_at: 0, network_mode: networks[0] ?? '' },
    aliases: Object.fromEntries(networks.map((network) => [network, aliasesIn(network, spec)])),
  };
}

/** As a worker of this scope is told, of one app in full when it is given. */
export function listing(
  all: readonly (ObservedContainer & { scope: string })[],
  foreign: readonly Foreign[],
  scope: string,
  app: string | undefined,
): ContainerListing {
  const isOwn = (container: (typeof all)[number]): boolean =>
    container.scope === scope && (app === undefined || container.app_name === app);
  const others = all.filter((container) => !isOwn(container));
  return {
    own: all.filter(isOwn).map((container) => ({ ...container })),
    foreign_names: [...others, ...foreign].map(({ name }) => name),
    foreign_ports: [
      ...foreign,
      ...others
        .filter(({ state }) => UP.includes(state))
        .map(({ name, ports }) => ({ name, host_ports: ports.map(({ host_port }) => host_port) })),
    ].flatMap(({ name, host_ports }) => host_ports.map((host_port) => ({ host_port, by: name }))),
  };
}

/** Host ports that somebody publishes. */
export function takenPorts(
  containers: readonly ObservedContainer[],
  foreign: readonly Foreign[],
): Set<number> {
  return new Set([
    ...foreign.flatMap(({ host_ports }) => host_ports),
    ...containers
      .filter(({ state }) => UP.includes(state))
      .flatMap(({ ports }) => ports.map(({ host_port }) => host_port)),
  ]);
}

/** @param images ids by reference */
export function localImages(
  images: ReadonlyMap<string, string>,
  containers: readonly ObservedContainer[],
): LocalImage[] {
  const used = new Set(containers.map(({ image_id }) => image_id));
  return [...new Set(images.values())].map((id) => ({
    id,
    names: [...images].filter(([, other]) => other === id).map(([name]) => name),
    size_bytes: 1_000_000,
    is_used: used.has(id),
  }));
}

export function leaveNetwork(container: ObservedContainer, network: string): void {
  container.networks = container.networks.filter((other) => other !== network);
}
