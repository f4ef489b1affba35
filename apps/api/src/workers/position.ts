import { comparePositions, type Position } from '@nebula/contracts';

/**
 * Where a worker is in the order of an app's desired states. `ahead`: it has seen what the database doesn't know,
 * which was then put back to an older state.
 */
export type WorkerPosition = 'behind' | 'current' | 'ahead';

export function comparedTo(desired: Position, reported: Position): WorkerPosition {
  const order = comparePositions(reported, desired);
  if (order === 0) return 'current';
  return order < 0 ? 'behind' : 'ahead';
}
