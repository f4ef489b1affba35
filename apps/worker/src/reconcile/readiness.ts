import type { UpdateSettings } from '@nebula/contracts';
import type { AppMemory } from './memory.js';
import type { ObservedContainer } from './observed.js';

/** How containers become ready: the parts of the update settings that say so. */
export type ReadinessRule = Required<Pick<UpdateSettings, 'min_ready_seconds' | 'health_timeout_seconds'>>;

/** A look at what nothing else wakes the worker for, milliseconds. */
const LOOK_AGAIN = 300_000;

/**
 * A container is ready when it runs and its health check says so, or, without one, when it has run for
 * `min_ready_seconds` since its last start.
 */
export function isReady(container: ObservedContainer, rule: ReadinessRule, now: number): boolean {
  if (container.state !== 'running') return false;
  if (container.health !== 'none') return container.health === 'healthy';
  return ranFor(container, now, rule.min_ready_seconds * 1000);
}

/**
 * The memory after a look at the containers: those that were ready once were not late, whatever becomes of them. The same
 * object when it taught nothing.
 */
export function withReadied(
  memory: AppMemory,
  containers: readonly ObservedContainer[],
  rule: ReadinessRule,
  now: number,
): AppMemory {
  const { readied } = memory;
  const ids = containers
    .filter((container) => readied.includes(container.id) || isReady(container, rule, now))
    .map(({ id }) => id);
  const isKnown = ids.length === readied.length && ids.every((id) => readied.includes(id));
  return isKnown ? memory : { ...memory, readied: ids };
}

/**
 * The memory after a look at the containers: when those that were never ready have begun. The ends of a program do not
 * change that, but a start by anybody does, after which the engine counts from 0. Of one that had ended before the first
 * look the last start is all that is known: how long it lay there before it was ever started counts for nothing. The same
 * object when it taught nothing.
 */
export function withBegun(memory: AppMemory, containers: readonly ObservedContainer[]): AppMemory {
  const begun = Object.fromEntries(
    containers
      .filter(({ id, started_at }) => started_at > 0 && !memory.readied.includes(id))
      .map((container) => [container.id, noted(container, memory)]),
  );
  const ids = Object.keys(begun);
  const isKnown =
    ids.length === Object.keys(memory.begun).length && ids.every((id) => begun[id] === memory.begun[id]);
  return isKnown ? memory : { ...memory, begun };
}

/** Milliseconds since 1970, by the clock of now; never later than its last start. */
function beginOf(
  { id, created_at, restart_count, started_at }: ObservedContainer,
  { begun }: AppMemory,
): number {
  const after = restart_count === 0 ? undefined : begun[id];
  return after === undefined ? started_at : Math.min(created_at + after, started_at);
}

/** As in the memory. A clock that was set back before this look may say that it began before it was made. */
function noted(container: ObservedContainer, memory: AppMemory): number {
  return Math.max(0, Math.round(beginOf(container, memory) - container.created_at));
}

/**
 * It did not become ready in the time that it has for that. One that was ready before is judged by its health and its ends
 * alone, and one that is paused can't become ready.
 */
export function isOverdue(
  container: ObservedContainer,
  rule: ReadinessRule,
  memory: AppMemory,
  now: number,
): boolean {
  const { id, state, started_at } = container;
  if (state === 'paused' || started_at === 0 || memory.readied.includes(id)) return false;
  const limit = rule.health_timeout_seconds * 1000;
  return now - beginOf(container, memory) >= limit && !isReady(container, rule, now);
}

/**
 * When it is worth a look at a container that isn't ready, milliseconds since 1970 and later than now: it is then
 * ready, or late. Events of the engine tell of its health before.
 */
export function lookAt(container: ObservedContainer, rule: ReadinessRule, now: number): number {
  const seconds = container.health === 'none' ? rule.min_ready_seconds : rule.health_timeout_seconds;
  const times = [seconds, rule.health_timeout_seconds].map((wait) => container.started_at + wait * 1000);
  const next = Math.min(...times.filter((time) => time > now));
  return Math.min(next, now + Math.max(LOOK_AGAIN, seconds * 1000));
}

/** Whether it runs for so many milliseconds. The clock was set back when it has started later than now. */
function ranFor({ started_at }: ObservedContainer, now: number, duration: number): boolean {
  return now - started_at >= duration || started_at - now > duration;
}
