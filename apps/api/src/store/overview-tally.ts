import { type Position, UPDATE_STATES, type UpdateState } from '@nebula/contracts';
import { type AppOnWorker, type AppOverview, fleetStateAt } from './fleet-records.js';

/** Some workers of an app that are alike. */
export interface Alike extends Pick<AppOnWorker, 'epoch' | 'revision' | 'state' | 'update' | 'image_ids'> {
  isOffline: boolean;
}

/** Adds up the workers of an app. How long they took is for its owner to add. */
export class OverviewTally {
  private readonly states = { converged: 0, converging: 0, failed: 0, offline: 0 };
  private readonly positions = new Map<string, AppOverview['revisions'][number]>();
  private readonly updates = noUpdates();
  private readonly images = new Map<string, number>();

  constructor(private readonly desired: Position) {}

  add(alike: Alike, workers: number): void {
    const { epoch, revision, state, isOffline, update, image_ids } = alike;
    const key = `${epoch}:${revision}`;
    this.states[isOffline ? 'offline' : fleetStateAt(alike, this.desired)] += workers;
    const known = this.positions.get(key) ?? { epoch, revision, workers: 0, converged: 0 };
    known.workers += workers;
    if (state === 'converged' && !isOffline) known.converged += workers;
    this.positions.set(key, known);
    // What was said of another change says nothing of this one.
    const isDesired = epoch === this.desired.epoch && revision === this.desired.revision;
    if (update !== null && isDesired) this.updates[update] += workers;
    for (const id of image_ids) this.images.set(id, workers + (this.images.get(id) ?? 0));
  }

  overview(convergence: AppOverview['convergence']): AppOverview {
    return {
      states: this.states,
      revisions: [...this.positions.values()].sort((a, b) => b.epoch - a.epoch || b.revision - a.revision),
      updates: this.updates,
      images: [...this.images]
        .map(([image_id, workers]) => ({ image_id, workers }))
        .sort((a, b) => b.workers - a.workers || (a.image_id < b.image_id ? -1 : 1)),
      convergence,
    };
  }
}

export function noUpdates(): Record<UpdateState, number> {
  return Object.fromEntries(UPDATE_STATES.map((state) => [state, 0])) as Record<UpdateState, number>;
}
