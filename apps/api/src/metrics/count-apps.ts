import { FLEET_STATES, type FleetCensus, type FleetState, fleetStateAt } from '../store/fleet-records.js';

/**
 * How many workers of each app are how far, seen from what is wanted now. Apps that nobody runs have zeros; those that are
 * deleted or unknown are left out. Pure.
 *
 * @param revisions of all apps that are not deleted, by name
 */
export function countApps(
  { places }: Pick<FleetCensus, 'places'>,
  epoch: number,
  revisions: ReadonlyMap<string, number>,
): Map<string, Record<FleetState, number>> {
  const counts = new Map([...revisions.keys()].map((name) => [name, zeros()]));
  for (const place of places) {
    const revision = revisions.get(place.app_name);
    const count = counts.get(place.app_name);
    if (revision === undefined || !count) continue;
    count[place.offline ? 'offline' : fleetStateAt(place, { epoch, revision })] += place.workers;
  }
  return counts;
}

function zeros(): Record<FleetState, number> {
  return Object.fromEntries(FLEET_STATES.map((state) => [state, 0])) as Record<FleetState, number>;
}
