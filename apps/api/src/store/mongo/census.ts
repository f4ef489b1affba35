import type { Model, mongo } from 'mongoose';
import { type FleetCensus, isSilent, type Silence } from '../fleet-records.js';
import { readPlaceKey } from './app-place.js';
import { fromFieldName } from './field-name.js';
import type { WorkerDocument } from './worker-document.js';

type Counted = Pick<WorkerDocument, 'at' | 'silent_at' | 'patience_ms'>;

const FIELDS: Record<keyof Counted | '_id', 0 | 1> = { _id: 0, at: 1, silent_at: 1, patience_ms: 1 };

/** Documents that the server hands on at a time. Between two times it can do something else. */
const BATCH = 1_000;

/** Counts all workers and what is on them in one reading. */
export async function censusOf(workers: Model<WorkerDocument>, silence: Silence): Promise<FleetCensus> {
  // The driver's own collection: making a document of mongoose's of each would cost more than the reading.
  const collection = workers.collection as unknown as mongo.Collection<WorkerDocument>;
  const counts = { online: 0, offline: 0 };
  /** By app, place and whether the worker is offline, as there are few different ones. */
  const places = new Map<string, FleetCensus['places'][number]>();
  for await (const worker of collection.find<Counted>({}, { projection: FIELDS }).batchSize(BATCH)) {
    const offline = isSilent(worker, silence);
    counts[offline ? 'offline' : 'online'] += 1;
    for (const [name, place] of Object.entries(worker.at)) {
      const key = JSON.stringify([name, place, offline]);
      const known = places.get(key) ?? {
        ...{ app_name: fromFieldName(name), ...readPlaceKey(place), offline, workers: 0 },
      };
      known.workers += 1;
      places.set(key, known);
    }
  }
  return { ...counts, places: [...places.values()] };
}
