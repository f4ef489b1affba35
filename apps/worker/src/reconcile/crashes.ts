import type { AppMemory, Crashes } from './memory.js';
import type { ObservedContainer } from './observed.js';
import type { PlanProblem } from './step.js';

/** So often a program may end by itself before that is called failing. */
const PATIENCE = 2;
/** After so many ends a container must run for this long to be well again, milliseconds; it doubles with each further end. */
const FIRST_STEADY = 10_000;
const LONGEST_STEADY = 300_000;
/** Ends that are so long ago count no more, milliseconds. */
const FORGOTTEN_AFTER = 600_000;

/** The memory after a look at the containers. The same object when it taught nothing. */
export function withCrashes(
  memory: AppMemory,
  containers: readonly ObservedContainer[],
  now: number,
): AppMemory {
  const entries = containers.flatMap((container) => {
    const counted = count(container, memory.crashes[container.id] ?? null, now);
    return counted ? [[container.id, counted] as const] : [];
  });
  const same =
    entries.length === Object.keys(memory.crashes).length &&
    entries.every(([id, counted]) => memory.crashes[id] === counted);
  return same ? memory : { ...memory, crashes: Object.fromEntries(entries) };
}

function count(container: ObservedContainer, before: Crashes | null, now: number): Crashes | null {
  const { restart_count, state, started_at } = container;
  const exit_code = state === 'restarting' ? container.exit_code : (before?.exit_code ?? null);
  const ran = state === 'running' ? now - started_at : 0;
  if (!before) {
    const times = ran >= LONGEST_STEADY ? 0 : restart_count;
    return restart_count > 0 ? { restart_count, times, exit_code, at: now } : null;
  }
  const ends = restart_count - before.restart_count;
  if (ends > 0) return { restart_count, times: before.times + ends, exit_code, at: now };
  const isOver = ran >= FORGOTTEN_AFTER;
  const times = isOver ? 0 : before.times;
  if (ends === 0 && times === before.times && exit_code === before.exit_code) return before;
  // Somebody has started it anew when the engine counts from 0 again.
  return { ...before, restart_count, times, exit_code };
}

/** How often the program of a container has ended lately. */
export function crashesOf({ id, state, restart_count }: ObservedContainer, { crashes }: AppMemory): Crashes {
  const unseen = { restart_count, times: state === 'restarting' ? restart_count : 0, exit_code: null, at: 0 };
  return crashes[id] ?? unseen;
}

/**
 * What is to be said of a program that ends by itself: nothing new while it is up in between, until it has run for long
 * enough to be called well.
 */
export function crashProblem(
  container: ObservedContainer,
  { memory, now, replicas }: { memory: AppMemory; now: number; replicas: number },
): PlanProblem | null {
  const { name, state, started_at, restart_count } = container;
  const { times, exit_code } = crashesOf(container, memory);
  const code = state === 'restarting' ? container.exit_code : exit_code;
  const ends = code === null ? 'ends again and again' : `ends with exit code ${code}`;
  const why = portGuess(container, replicas);
  const message = `${name} ${ends}${why}; the engine has restarted it ${restart_count} times`;
  if (state === 'restarting') {
    return times < PATIENCE
      ? { step: 'plan', message, retry_at: now + FIRST_STEADY }
      : { step: 'run', message, retry_at: null };
  }
  if (times < PATIENCE) return null;
  const steady = Math.min(LONGEST_STEADY, FIRST_STEADY * 2 ** (times - PATIENCE));
  const ran = now - started_at;
  // A clock that was set back says nothing of how long it has run.
  return ran < 0 || ran >= steady ? null : { step: 'run', message, retry_at: started_at + steady };
}

/**
 * What may be the cause when a program ends again and again, to be put behind that; empty when nothing is known. With the
 * network of the server no port is given to a replica by its number: a fixed one is had by the first that asks for it. So
 * any of several may be the one that ends.
 */
export function portGuess({ network_mode }: ObservedContainer, replicas: number): string {
  if (network_mode !== 'host' || replicas < 2) return '';
  return ', perhaps since replicas on the network "host" want the same port';
}
