import type { Model, mongo } from 'mongoose';
import { type AppOverview, type AppView, isSilent } from '../fleet-records.js';
import { type AppBuild, type AppPlace, NOTHING_TOLD, readBuildKey, readPlaceKey } from './app-place.js';
import { OverviewTally } from '../overview-tally.js';
import { toFieldName } from './field-name.js';
import { countedFields, counted } from './fleet-queries.js';
import type { WorkerDocument } from './worker-document.js';

type Counted = Pick<WorkerDocument, 'at' | 'took' | 'builds' | 'silent_at' | 'patience_ms'>;

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
  private readonly sums: OverviewTally;
  /** By their keys, as there are few different ones. */
  private readonly places = new Map<string, AppPlace>();
  private readonly builds = new Map<string, AppBuild>();
  private readonly times: number[] = [];

  constructor(private readonly view: AppView) {
    this.name = toFieldName(view.app_name);
    this.sums = new OverviewTally(view.position);
  }

  add({ at, took, builds, silent_at, patience_ms }: Counted): void {
    const key = at[this.name];
    if (key === undefined) return;
    const place = remembered(this.places, key, readPlaceKey);
    const said = builds?.[this.name];
    const build = said === undefined ? NOTHING_TOLD : remembered(this.builds, said, readBuildKey);
    const isOffline = isSilent({ silent_at, patience_ms }, this.view.silence);
    this.sums.add({ ...place, ...build, isOffline }, 1);
    const time = took[this.name];
    if (time !== undefined && this.isDesired(place)) this.times.push(time);
  }

  overview(): AppOverview {
    return this.sums.overview(this.convergence());
  }

  private isDesired({ epoch, revision }: AppPlace): boolean {
    const { position } = this.view;
    return epoch === position.epoch && revision === position.revision;
  }

  private convergence(): AppOverview['convergence'] {
    // Of a tombstone nobody is told how long it took.
    if (this.view.deleted || this.times.length === 0) return null;
    const times = Float64Array.from(this.times).sort();
    const nearestRank = (part: number) => times[Math.ceil(times.length * part) - 1] ?? 0;
    return { p50_ms: nearestRank(0.5), p99_ms: nearestRank(0.99) };
  }
}

function remembered<T>(known: Map<string, T>, key: string, read: (key: string) => T): T {
  const found = known.get(key) ?? read(key);
  known.set(key, found);
  return found;
}
