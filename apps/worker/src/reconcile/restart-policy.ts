import type { AppSpec } from '@nebula/contracts';
import type { NodeFacts, ObservedContainer } from './observed.js';

/**
 * The policy of a container that is not to come up by itself: one that was set aside, and a new one until its hook has
 * succeeded.
 */
export const HELD_POLICY = 'no';

/** The restart policy of the app's containers, in Docker's words; `on-failure` without a number tries for ever. */
export function restartPolicy({ restart_policy }: AppSpec): string {
  return restart_policy === 'on-failure:0' ? 'on-failure' : restart_policy;
}

/** The policy that a container is created with: while a hook is to succeed after its start, it is held. */
export function createdPolicy(spec: AppSpec): string {
  return spec.hooks.post_start ? HELD_POLICY : restartPolicy(spec);
}

/** The engine can't give the container its restart policy while it exists, so it has to be made anew. */
export function needsNewPolicy(
  { restart_policy }: Pick<ObservedContainer, 'restart_policy'>,
  spec: AppSpec,
  { can_update }: NodeFacts,
): boolean {
  return !can_update && restart_policy !== createdPolicy(spec);
}

/**
 * Its program has ended, and its policy lets that be. One that was set aside by us is not done: it has another name or
 * another policy.
 */
export function isDone(container: ObservedContainer, name: string, spec: AppSpec): boolean {
  const policy = restartPolicy(spec);
  const [kind, most] = policy.split(':');
  if (container.state !== 'exited' || container.error !== '' || container.name !== name) return false;
  if (kind === 'no') return container.restart_policy === policy;
  if (kind !== 'on-failure' || !container.restart_policy.startsWith('on-failure')) return false;
  return container.exit_code === 0 || (most !== undefined && container.restart_count >= Number(most));
}
