import type { AppMemory, Unhealthy } from './memory.js';
import type { ObservedContainer } from './observed.js';
import type { PlanInput } from './plan-input.js';

/** How long a container may be unhealthy before it is restarted, milliseconds. */
const DEFAULT_GRACE = 30_000;
/** The longest wait before a further restart, milliseconds, where the grace isn't longer. */
const LONGEST_WAIT = 600_000;

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

/** When an unhealthy container is to be restarted, milliseconds since 1970; null when nobody has noted it yet. */
export function restartAt({ id }: ObservedContainer, { memory, unhealthy_grace }: PlanInput): number | null {
  const { since = null, attempts = 0 } = memory.unhealthy[id] ?? {};
  if (since === null) return null;
  const grace = unhealthy_grace ?? DEFAULT_GRACE;
  return since + Math.max(grace, Math.min(LONGEST_WAIT, grace * 2 ** attempts));
}
