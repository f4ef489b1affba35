import type { Step } from './step.js';

/**
 * Whether a replica is down that the rest of the lane starts, or out of a network that the rest puts it back into.
 *
 * @param done so many steps of the lane were done.
 */
export function isInHandOver(lane: readonly Step[], done: number): boolean {
  const down = new Set<number>();
  const out = new Set<number>();
  for (const step of lane.slice(0, done)) {
    if (step.kind === 'stop') down.add(step.replica);
    if (step.kind === 'disconnect') out.add(step.replica);
    if (step.kind === 'connect') out.delete(step.replica);
  }
  return lane
    .slice(done)
    .some(
      (step) =>
        (step.kind === 'start' && down.has(step.replica)) ||
        (step.kind === 'connect' && out.has(step.replica)),
    );
}
