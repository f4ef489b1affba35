import { isUp } from './container-steps.js';
import { isRight } from './fingerprint.js';
import type { AppMemory } from './memory.js';
import type { ObservedContainer } from './observed.js';
import type { Situation } from './plan-input.js';

/**
 * The memory after a look, with what was there when it began. A worker that has lost its memory finds containers that it
 * has made before. When all of them are as wanted, no update is under way: they are none that it has made, and a roll
 * that was asked for is done. Where some are of another version it goes on with the update that they are of.
 */
export function withFound(memory: AppMemory, situation: Situation): AppMemory {
  const { containers } = situation.observed;
  if (memory.found !== null) {
    const left = memory.found.filter((id) => containers.some((container) => container.id === id));
    return left.length === memory.found.length ? memory : { ...memory, found: left };
  }
  return containers.every((container) => isSettled(container, situation))
    ? { ...memory, found: containers.map(({ id }) => id), rolling: false }
    : { ...memory, found: [] };
}

/** It is there since before this memory, and was as wanted then. */
export function isFound({ id }: ObservedContainer, { found }: AppMemory): boolean {
  return found?.includes(id) ?? false;
}

/** Nothing has to be put in its place. What does not run serves nobody. */
function isSettled(container: ObservedContainer, { spec, desired, replicas }: Situation): boolean {
  const { replica, fingerprint } = container;
  const isWanted = replica >= 1 && replica <= replicas;
  return !isUp(container) || !isWanted || isRight(fingerprint, spec, replica, desired.tokens);
}
