import type { Step } from './step.js';

/**
 * Whether a replica is down that the rest of the lane starts.
 *
 * @param done so many steps of the lane were done.
 */
export function isInHandOver(lane: readonly Step[], done: number): boolean {
  const stopped = new Set<number>();
  for (const step of lane.slice(0, done)) if (step.kind === 'stop') stopped.add(step.replica);
  return lane.slice(done).some((step) => step.kind === 'start' && stopped.has(step.replica));
}
