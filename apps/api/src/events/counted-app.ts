import { isDeepStrictEqual } from 'node:util';
import type { Position } from '@nebula/contracts';
import type { AppOverview } from '../store/fleet-records.js';
import type { ConvergenceEvent, FleetEvent, UpdateEvent } from './event-log.js';

/** How the workers of an app are, as events. */
export interface CountedApp {
  convergence: ConvergenceEvent;
  update: UpdateEvent;
}

export function countedApp(
  app_name: string,
  { epoch, revision }: Position,
  { states: summary, updates }: Pick<AppOverview, 'states' | 'updates'>,
): CountedApp {
  const about = { app_name, epoch, revision };
  return {
    convergence: { type: 'convergence', data: { ...about, summary } },
    update: { type: 'update', data: { ...about, updates } },
  };
}

/**
 * What there is to tell of a count, in order.
 *
 * @param before the count before it; null when there was none.
 * @param isKnownToMove something has happened to the app, so that also the first count is news.
 */
export function newsOf(before: CountedApp | null, now: CountedApp, isKnownToMove: boolean): FleetEvent[] {
  if (!before) return isKnownToMove ? [now.convergence, ...(hasFailed(now.update) ? [now.update] : [])] : [];
  const isSame = isDeepStrictEqual(before.convergence, now.convergence);
  // How many are on their way, or done, `convergence` tells.
  const isSameUpdate =
    isDeepStrictEqual(failures(before.update), failures(now.update)) &&
    (isSamePosition(before.update, now.update) || !hasFailed(now.update));
  return [...(isSame ? [] : [now.convergence]), ...(isSameUpdate ? [] : [now.update])];
}

/** On some workers the newest change has failed. */
export function hasFailed(update: UpdateEvent): boolean {
  return failures(update).some((workers) => workers > 0);
}

function isSamePosition({ data: before }: UpdateEvent, { data: now }: UpdateEvent): boolean {
  return before.epoch === now.epoch && before.revision === now.revision;
}

function failures({ data: { updates } }: UpdateEvent): number[] {
  return [updates.paused, updates.rolling_back, updates.rolled_back];
}
