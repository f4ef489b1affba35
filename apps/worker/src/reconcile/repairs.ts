import { containerKey, failureKey } from './failure-key.js';
import { backoff } from './memory-updates.js';
import type { AppMemory, Starts } from './memory.js';
import type { ObservedContainer } from './observed.js';
import type { PlanProblem, Step } from './step.js';

/** So many starts of one replica happen at once: the first one and two repairs. */
const PATIENCE = 3;
/** A start that is so long ago counts no more, milliseconds. The longest wait is shorter, so it has run for a while since. */
const FORGOTTEN_AFTER = 600_000;
/** A start that lasts for so long after its wait is called well, milliseconds. */
const STEADY = 5_000;

/**
 * The key of the start that this step completes: a hook that has yet to succeed after the start is part of it. Null for any
 * other step.
 */
export function startOf(
  step: Step,
  lane: readonly Step[],
  containers: readonly ObservedContainer[],
): string | null {
  if (step.kind !== 'start' && step.kind !== 'post-start') return null;
  const { replica, target } = step;
  const hasHook = lane.some((other) => other.kind === 'post-start' && other.replica === replica);
  if (hasHook && step.kind === 'start') return null;
  return failureKey({ kind: 'start', replica, target }, lane, containers);
}

/**
 * The memory after a start. A replica that is started again and again, as something stops or removes its container each
 * time, waits longer and longer for the next start.
 *
 * @param key answered by `startOf`.
 * @param now milliseconds since 1970.
 * @param jitter random, from 0 to 1.
 */
export function withStart(memory: AppMemory, key: string, now: number, jitter: number): AppMemory {
  const before = startsOf(memory, key);
  const isRecent = before !== null && now - before.at < FORGOTTEN_AFTER;
  const times = isRecent ? before.times + 1 : 1;
  const slow = times - PATIENCE + 1;
  const starts: Starts = { times, at: now, wait_until: slow > 0 ? now + backoff(slow, jitter) : now };
  return { ...memory, starts: { ...memory.starts, [key]: starts } };
}

/**
 * Why a replica is not to be started again yet, or is not called well yet when it runs; null when nothing is known
 * against it. A clock that was set back says nothing of how long ago the last start was.
 *
 * @param name of its container.
 * @param isRunning it runs, and is to last for longer than the wait.
 */
export function repairProblem(
  { replica, fingerprint }: { replica: number; fingerprint: string },
  name: string,
  { memory, now }: { memory: AppMemory; now: number },
  isRunning = false,
): PlanProblem | null {
  const starts = startsOf(memory, containerKey('start', replica, fingerprint));
  if (!starts || starts.wait_until === starts.at) return null;
  const { at, wait_until } = starts;
  const retry_at = isRunning ? wait_until + STEADY : wait_until;
  if (now < at || now >= retry_at) return null;
  const message = `something keeps stopping or removing ${name}: it was started ${starts.times} times, and each further start waits longer`;
  return { step: 'run', message, retry_at };
}

function startsOf({ starts }: AppMemory, key: string): Starts | null {
  return Object.hasOwn(starts, key) ? (starts[key] ?? null) : null;
}
