import { type AppSpec, joinedNetworks } from '@nebula/contracts';
import type { ObservedContainer } from './observed.js';
import type { Step } from './step.js';

/** Steps on containers that were observed. */

export function start(container: ObservedContainer): Step {
  return { kind: 'start', replica: container.replica, target: { by: 'id', id: container.id } };
}

export function unpause(container: ObservedContainer): Step {
  return { kind: 'unpause', replica: container.replica, target: { by: 'id', id: container.id } };
}

export function stop(container: ObservedContainer): Step {
  return { kind: 'stop', replica: container.replica, target: { by: 'id', id: container.id } };
}

export function remove(container: ObservedContainer): Step {
  return { kind: 'remove', replica: container.replica, target: { by: 'id', id: container.id } };
}

export function rename(container: ObservedContainer, name: string): Step {
  return { kind: 'rename', replica: container.replica, target: { by: 'id', id: container.id }, name };
}

/** The step that gives a container its restart policy; none when it has it already. */
export function withRestartPolicy(container: ObservedContainer, policy: 'always' | 'no'): Step[] {
  if (container.restart_policy === policy) return [];
  return [
    {
      kind: 'set-restart-policy',
      replica: container.replica,
      target: { by: 'id', id: container.id },
      policy,
    },
  ];
}

/** The steps that put a container into the networks that the app is to be in and it isn't. */
export function missingConnections(container: ObservedContainer, spec: AppSpec): Step[] {
  return joinedNetworks(spec)
    .filter((network) => !isShared(network) && !container.networks.includes(network))
    .map((network) => connect(container, network));
}

/**
 * The step that puts a container back into the network that it was created in; null when it is there. That is all that is
 * known of its networks once the spec is another one.
 */
export function missingHome(container: ObservedContainer): (Step & { kind: 'connect' }) | null {
  const { network_mode, networks } = container;
  const isDocker = ['', 'default', 'bridge'].includes(network_mode) || isShared(network_mode);
  return isDocker || networks.includes(network_mode) ? null : connect(container, network_mode);
}

function connect(container: ObservedContainer, network: string): Step & { kind: 'connect' } {
  return { kind: 'connect', replica: container.replica, target: { by: 'id', id: container.id }, network };
}

/** Decided at the creation, and nothing that a container could be put into later. */
function isShared(network: string): boolean {
  return network === 'host' || network === 'none' || network.startsWith('container:');
}

/** It has processes and holds its host ports, or will again in a moment. */
export function isUp(container: ObservedContainer): boolean {
  return container.state === 'running' || container.state === 'paused' || container.state === 'restarting';
}

export function hostPorts(container: ObservedContainer): number[] {
  return container.ports.map((port) => port.host_port);
}
