import { aliasesIn, type AppSpec, type Hooks, joinedNetworks } from '@nebula/contracts';
import { type Limits, limitChanges } from './limits.js';
import type { NodeFacts, ObservedContainer } from './observed.js';
import { HELD_POLICY } from './restart-policy.js';
import type { ContainerRef, Limited, Step } from './step.js';

/** Steps on containers that were observed. */

/**
 * Starts a container that exists. One with a hook is held until that has succeeded, so that a worker which is killed in
 * between is told by the restart policy that it hasn't.
 *
 * @param policy the restart policy that it is to have.
 * @param under the limits that it has by then, see `Limited`.
 */
export function starting(
  container: ObservedContainer,
  policy: string,
  node: NodeFacts,
  under: string | undefined,
): Step[] {
  const held = withRestartPolicy(container, container.hooks.post_start ? HELD_POLICY : policy, node);
  return [...held, ...firstStart(startOf(container, under), policy)];
}

/** A container that is started, and what belongs to that. */
export interface Start {
  target: ContainerRef;
  replica: number;
  hooks: Hooks;
  /** Seconds; null for the engine's. */
  stop_grace_seconds: number | null;
  under: string | undefined;
}

function startOf(container: ObservedContainer, under: string | undefined): Start {
  const { id, replica, hooks, stop_grace_seconds } = container;
  return { target: { by: 'id', id }, replica, hooks, stop_grace_seconds, under };
}

/** Starts a container that has the restart policy with which it is to be started. */
export function firstStart(start: Start, policy: string): Step[] {
  const { target, replica, under } = start;
  return [{ kind: 'start', replica, target, ...limited(under) }, ...finishStart(start, policy)];
}

/** What follows a start; nothing without a hook. */
function finishStart({ target, replica, hooks, stop_grace_seconds, under }: Start, policy: string): Step[] {
  const hook = hooks.post_start;
  if (!hook) return [];
  const release: Step = { kind: 'set-restart-policy', replica, target, policy };
  return [
    { kind: 'post-start', replica, target, hook, ...grace(stop_grace_seconds), ...limited(under) },
    ...(policy === HELD_POLICY ? [] : [release]),
  ];
}

export function limited(under: string | undefined): Limited {
  return under === undefined ? {} : { under };
}

function grace(seconds: number | null): { grace_seconds?: number } {
  return seconds === null ? {} : { grace_seconds: seconds };
}

/**
 * Gives a container that is up its restart policy; none when it has it already. One that is still held has started, but
 * its hook may not have succeeded.
 */
export function released(
  container: ObservedContainer,
  policy: string,
  node: NodeFacts,
  under: string | undefined,
): Step[] {
  const isHeld = container.restart_policy === HELD_POLICY && policy !== HELD_POLICY;
  return isHeld && container.hooks.post_start
    ? finishStart(startOf(container, under), policy)
    : withRestartPolicy(container, policy, node);
}

/** The step that gives a container the limits of its spec; none when it has them, or can't get others. */
export function withLimits(
  container: ObservedContainer,
  spec: AppSpec,
  node: NodeFacts,
  denied: Partial<Limits>,
): Step[] {
  const limits = node.can_update ? limitChanges(container, spec, node, denied) : null;
  const { id, replica } = container;
  return limits ? [{ kind: 'update-resources', replica, target: { by: 'id', id }, limits }] : [];
}

/**
 * Starts the program of a container that is up anew, with its hooks. One act of the engine ends and starts it: a worker
 * that is killed in between would leave it stopped, and some restart policies call that done.
 *
 * @param policy the restart policy that it is to have.
 * @param under as with `starting`.
 */
export function restarting(
  container: ObservedContainer,
  policy: string,
  node: NodeFacts,
  under: string | undefined,
): Step[] {
  const { hooks, id, replica, stop_grace_seconds } = container;
  const target: ContainerRef = { by: 'id', id };
  return [
    ...withRestartPolicy(container, hooks.post_start ? HELD_POLICY : policy, node),
    ...preStop(container),
    { kind: 'restart', replica, target, ...grace(stop_grace_seconds) },
    ...finishStart(startOf(container, under), policy),
  ];
}

export function unpause(container: ObservedContainer): Step {
  return { kind: 'unpause', replica: container.replica, target: { by: 'id', id: container.id } };
}

/** Ends a container that is up, after its hook. Nothing can be run in one that is paused or between two starts. */
export function stopping(container: ObservedContainer): Step[] {
  const { id, replica, stop_grace_seconds } = container;
  const stop: Step = { kind: 'stop', replica, target: { by: 'id', id }, ...grace(stop_grace_seconds) };
  return [...preStop(container), stop];
}

function preStop({ hooks, id, replica, state }: ObservedContainer): Step[] {
  if (!hooks.pre_stop || state !== 'running') return [];
  return [{ kind: 'pre-stop', replica, target: { by: 'id', id }, hook: hooks.pre_stop }];
}

export function remove(container: ObservedContainer): Step {
  return { kind: 'remove', replica: container.replica, target: { by: 'id', id: container.id } };
}

export function rename(container: ObservedContainer, name: string): Step {
  return { kind: 'rename', replica: container.replica, target: { by: 'id', id: container.id }, name };
}

/** The step that gives a container its restart policy; none when it has it already, or can't get another. */
export function withRestartPolicy(
  container: ObservedContainer,
  policy: string,
  { can_update }: NodeFacts,
): Step[] {
  if (!can_update || container.restart_policy === policy) return [];
  return [
    {
      kind: 'set-restart-policy',
      replica: container.replica,
      target: { by: 'id', id: container.id },
      policy,
    },
  ];
}

/**
 * For each network that the app is to be in, and that the container isn't in or where others don't find it by all of the
 * app's names, the steps that put it there. A name can only be given with a connection, so one that is there ends first.
 */
export function missingConnections(container: ObservedContainer, spec: AppSpec): Step[][] {
  return joinedNetworks(spec)
    .filter((network) => !isShared(network))
    .map((network): Step[] => {
      const aliases = aliasesIn(network, spec);
      const connection = connect(container, network, aliases);
      if (!container.networks.includes(network)) return [connection];
      const names = container.aliases[network] ?? [];
      if (aliases.every((alias) => names.includes(alias))) return [];
      const { replica, target } = connection;
      return [
        { kind: 'disconnect', replica, target, network },
        { ...connection, is_back: true },
      ];
    })
    .filter((steps) => steps.length > 0);
}

/**
 * The step that puts a container back into the network that it was created in; null when it is there. That is all that is
 * known of its networks once the spec is another one.
 *
 * @param made the spec that it was made for, which says what it is called there; null when nobody knows it any more.
 */
export function missingHome(
  container: ObservedContainer,
  made: AppSpec | null,
): (Step & { kind: 'connect' }) | null {
  const { network_mode, networks } = container;
  const isDocker = ['', 'default', 'bridge'].includes(network_mode) || isShared(network_mode);
  if (isDocker || networks.includes(network_mode)) return null;
  return connect(container, network_mode, made ? aliasesIn(network_mode, made) : []);
}

function connect(
  { id, replica }: ObservedContainer,
  network: string,
  aliases: string[],
): Step & { kind: 'connect' } {
  const named = aliases.length > 0 ? { aliases } : {};
  return { kind: 'connect', replica, target: { by: 'id', id }, network, ...named };
}

/** Decided at the creation, and nothing that a container could be put into later. */
function isShared(network: string): boolean {
  return network === 'host' || network === 'none' || network.startsWith('container:');
}

/** It has processes and holds its host ports, or will again in a moment. */
export function isUp(container: ObservedContainer): boolean {
  return container.state === 'running' || container.state === 'paused' || container.state === 'restarting';
}
