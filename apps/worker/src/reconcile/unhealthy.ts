import { activeFailure, containerKey } from './failure-key.js';
import { markOf } from './limits.js';
import type { AppMemory, Unhealthy } from './memory.js';
import type { ObservedContainer } from './observed.js';
import type { PlanInput, Situation } from './plan-input.js';
import type { PlanProblem } from './step.js';
import { mostAway } from './update.js';

/** How long a container may be unhealthy before it is restarted, milliseconds. */
const DEFAULT_GRACE = 30_000;
/** The longest wait before a further restart, milliseconds, where the grace isn't longer. */
const LONGEST_WAIT = 600_000;
/** When those that wait for others are looked at again, milliseconds. */
const LOOK_AGAIN = 60_000;

/** What failed on a container that is not restarted for now. */
const RESTART_STEPS = ['set-restart-policy', 'restart', 'post-start', 'stop', 'remove'] as const;

/** The memory after a look at the containers. The same object when it taught nothing. */
export function withHealth(
  memory: AppMemory,
  containers: readonly ObservedContainer[],
  now: number,
): AppMemory {
  const entries = containers.flatMap((container) => {
    const noted = note(container, memory.unhealthy[container.id] ?? null, now);
    return noted ? [[container.id, noted] as const] : [];
  });
  const same =
    entries.length === Object.keys(memory.unhealthy).length &&
    entries.every(([id, noted]) => memory.unhealthy[id] === noted);
  return same ? memory : { ...memory, unhealthy: Object.fromEntries(entries) };
}

function note({ state, health }: ObservedContainer, before: Unhealthy | null, now: number): Unhealthy | null {
  if (state === 'running' && health === 'unhealthy') {
    // The clock was set back when it began later than now.
    if (before && before.since !== null && before.since <= now) return before;
    return { attempts: 0, restarts: 0, ...before, since: now };
  }
  if (!before || before.restarts === 0) return null;
  const attempts = health === 'healthy' ? 0 : before.attempts;
  return before.since === null && before.attempts === attempts
    ? before
    : { ...before, since: null, attempts };
}

/**
 * When an unhealthy container is to be restarted, milliseconds since 1970; null when nobody has noted it yet. Up to half
 * of the wait is added by chance, so that servers which share a sick dependency don't restart in one moment.
 */
export function restartAt({ id }: ObservedContainer, { memory, unhealthy_grace }: PlanInput): number | null {
  const { since = null, attempts = 0 } = memory.unhealthy[id] ?? {};
  if (since === null) return null;
  const grace = unhealthy_grace ?? DEFAULT_GRACE;
  const wait = Math.max(grace, Math.min(LONGEST_WAIT, grace * 2 ** attempts));
  return since + Math.round(wait * (1 + chanceOf(id) / 2));
}

/** From 0 to 1, the same for a container at each look: the engine draws ids, of 64 hexadecimal digits, by chance. */
function chanceOf(id: string): number {
  return /^[0-9a-f]{64}$/.test(id) ? Number.parseInt(id.slice(0, 8), 16) / 2 ** 32 : 0;
}

/**
 * Whether an unhealthy container is to be restarted now. An unhealthy one may still be of use, and many at once are a sign
 * of something that no restart mends, so at most `max_unavailable` of an app are on their way back at once on a server,
 * whatever the strategy is. Whose time came first goes first.
 */
export function isToBeRestarted(container: ObservedContainer, situation: Situation): boolean {
  if (!isDue(container, situation)) return false;
  const { containers } = situation.observed;
  const busy = containers.filter((other) => isComingBack(other, situation)).length;
  const first = containers.filter(
    (other) => isDue(other, situation) && isBefore(other, container, situation),
  );
  return busy + first.length < mostAway(situation);
}

function isDue(container: ObservedContainer, situation: Situation): boolean {
  const { state, health, replica } = container;
  const at = state === 'running' && health === 'unhealthy' ? restartAt(container, situation) : null;
  // One that can't be worked on for now is in nobody's way.
  if (at === null || at > situation.now || isStuck(container, situation)) return false;
  return replica >= 1 && replica <= situation.replicas;
}

function isStuck({ replica, fingerprint }: ObservedContainer, { memory, now, spec }: Situation): boolean {
  const keyOf = (kind: (typeof RESTART_STEPS)[number]): string =>
    containerKey(kind, replica, fingerprint, kind === 'post-start' ? markOf(spec) : undefined);
  return RESTART_STEPS.some((kind) => activeFailure(memory, keyOf(kind), now));
}

/** It was restarted, and its health check has not decided yet. */
function isComingBack({ id, state, health }: ObservedContainer, { memory }: Situation): boolean {
  return state === 'running' && health === 'starting' && (memory.unhealthy[id]?.attempts ?? 0) > 0;
}

function isBefore(a: ObservedContainer, b: ObservedContainer, situation: Situation): boolean {
  const earlier = (restartAt(a, situation) ?? 0) - (restartAt(b, situation) ?? 0);
  return (earlier || a.replica - b.replica || (a.id < b.id ? -1 : 1)) < 0 && a.id !== b.id;
}

/** What is told of a container while it is unhealthy; null when it isn't. */
export function healthProblem(container: ObservedContainer, situation: Situation): PlanProblem | null {
  if (container.health !== 'unhealthy') return null;
  const { now } = situation;
  const at = restartAt(container, situation);
  const message = `${container.name} is unhealthy by its own health check`;
  // The health of others is told by events of the engine, which may be lost.
  const next =
    isDue(container, situation) && !isToBeRestarted(container, situation) ? now + LOOK_AGAIN : null;
  return { step: 'run', message, retry_at: at !== null && at > now ? at : next };
}
