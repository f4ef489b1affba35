import type { Limits } from '../limits.js';

/** What Docker notes of a container's limits after an update: -1 takes some of them away. */
export function noted(before: Limits, changes: Partial<Limits>): Limits {
  const after = { ...before, ...changes };
  return {
    ...after,
    cpu_quota: after.cpu_quota === -1 ? null : after.cpu_quota,
    memory_reservation: after.memory_reservation === -1 ? null : after.memory_reservation,
    pids: after.pids === -1 ? null : after.pids,
  };
}
