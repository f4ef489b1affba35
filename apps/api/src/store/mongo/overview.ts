import type { Model, mongo } from 'mongoose';
import { type AppOverview, type AppView, fleetStateAt, isSilent } from '../fleet-records.js';
import { type AppPlace, readPlaceKey } from './app-place.js';
import { toFieldName } from './field-name.js';
import { countedFields, counted } from './fleet-queries.js';
import type { WorkerDocument } from './worker-document.js';

type Counted = Pick<WorkerDocument, 'at' | 'took' | 'silent_at' | 'patience_ms'>;

/** Documents that the server hands on at a time. Between two times it can do something else. */
const BATCH = 1_000;

/**
 * Counts the workers of an app in one reading, from which what is offline, how far the others are and how long they
 * took follow together. Grouped on the server it would be two, which needn't agree, and little less to send, as there
 * are as many groups as different times.
 */
export async function overviewOf(workers: Model<WorkerDocument>, view: AppView): Promise<AppOverview> {
  const tally = new Tally(view);
  // The driver's own collection: making a document of mongoose's of each would cost more than the reading.
  const collection = workers.collection as unknown as mongo.Collection<WorkerDocument>;
  const found = collection
    .find<Counted>({ $and: counted(view) } as mongo.Filter<WorkerDocument>, {
      projection: countedFields(view.app_name),
    })
    .batchSize(BATCH);
  for await (const worker of found) tally.add(worker);
  return tally.overview();
}

class Tally {
  private readonly name: string;
  private readonly states = { converged: 0, converging: 0, failed: 0, offline: 0 };
  /** By their keys, as there are few different ones. */
  private readonly places = new Map<string, { place: AppPlace; workers: number }>();
  private readonly times: number[] = [];

  constructor(private readonly view: AppView) {
    this.name = toFieldName(view.app_name);
  }

  add({ at, took, silent_at, patience_ms }: Counted): void {
    const key = at[this.name];
    if (key === undefined) return;
    const known = this.places.get(key) ?? { place: readPlaceKey(key), workers: 0 };
    known.workers += 1;
    this.places.set(key, known);
    const { place } = known;
    const isOffline = isSilent({ silent_at, patience_ms }, this.view.silence);
    this.states[isOffline ? 'offline' : fleetStateAt(place, this.view.position)] += 1;
    const time = took[this.name];
    if (time !== undefined && this.isDesired(place)) this.times.push(time);
  }

  overview(): AppOverview {
    return { states: this.states, revisions: this.revisions(), convergence: this.convergence() };
  }

  private isDesired({ epoch, revision }: AppPlace): boolean {
    const { position } = this.view;
    return epoch === position.epoch && revision === position.revision;
  }

  private revisions(): AppOverview['revisions'] {
    const revisions = new Map<string, AppOverview['revisions'][number]>();
    for (const { place, workers } of this.places.values()) {
      const { epoch, revision } = place;
      const key = `${epoch}:${revision}`;
      revisions.set(key, { epoch, revision, workers: workers + (revisions.get(key)?.workers ?? 0) });
    }
    return [...revisions.values()].sort((a, b) => b.epoch - a.epoch || b.revision - a.revision);
  }

  private convergence(): AppOverview['convergence'] {
    // Of a tombstone nobody is told how long it took.
    if (this.view.deleted || this.times.length === 0) return null;
    const times = Float64Array.from(this.times).sort();
    const nearestRank = (part: number) => times[Math.ceil(times.length * part) - 1] ?? 0;
    return { p50_ms: nearestRank(0.5), p99_ms: nearestRank(0.99) };
  }
}
