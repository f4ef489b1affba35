import type { WorkerFacts } from '@nebula/contracts';
import { Schema } from 'mongoose';
import { type AppOnWorker, SILENT_INTERVALS, type WorkerRecord } from '../fleet-records.js';
import { type AppBuild, buildKey, NOTHING_TOLD, placeKey } from './app-place.js';
import { toFieldName } from './field-name.js';

/**
 * A worker in the collection `fleet_workers`. Whatever counts workers reads all documents of an app, so they are
 * small and flat: what no query asks for is JSON, which a server hands on as one text.
 */
export interface WorkerDocument {
  /** The worker's id. */
  _id: string;
  /** JSON: `WorkerAlone` without id and version. */
  record: string;
  /** JSON of each app on the worker, by the app's name, encoded, so that each has a path of its own to be written. */
  apps: Record<string, string>;
  /** By the same names: where the app is, see `placeKey`. */
  at: Record<string, string>;
  /** By the same names: `took_ms` where it is known. */
  took: Record<string, number>;
  /** By the same names: what else is counted of the app, see `buildKey`. Absent in what an api of before wrote. */
  builds?: Record<string, string>;
  /** What `apps` has, and each label with its text, for indexes. */
  app_names: string[];
  labels: string[];
  /** So long it may be silent, milliseconds, and when it was for so long. */
  patience_ms: number;
  silent_at: number;
  version: number;
  /** Of the call that wrote last. */
  write: string;
}

/** A worker without its apps. */
export type WorkerAlone = Omit<WorkerRecord, 'apps'>;

type Recorded = Omit<WorkerAlone, 'worker_id' | 'version'> & { facts: WorkerFacts };

const { Mixed } = Schema.Types;

export const WORKER_SCHEMA = new Schema<WorkerDocument>(
  {
    ...{ _id: String, record: String, apps: Mixed, at: Mixed, took: Mixed, builds: Mixed },
    ...{ app_names: [String], labels: [String], patience_ms: Number, silent_at: Number },
    ...{ version: Number, write: String },
  },
  { versionKey: false, minimize: false },
);

export function toWorker(document: WorkerDocument): WorkerRecord {
  const apps = Object.values(document.apps).map(toApp).sort(byName);
  return { ...toWorkerAlone(document), apps };
}

export function toWorkerAlone({
  _id,
  record,
  version,
}: Pick<WorkerDocument, '_id' | 'record' | 'version'>): WorkerAlone {
  return { worker_id: _id, ...(JSON.parse(record) as Recorded), version };
}

export function toApp(json: string): AppOnWorker {
  // An api of before knew neither.
  return { ...NOTHING_TOLD, ...(JSON.parse(json) as Omit<AppOnWorker, keyof AppBuild> & Partial<AppBuild>) };
}

export function toWorkerDocument(worker: WorkerRecord, write: string): WorkerDocument {
  const named = worker.apps.map((app) => [toFieldName(app.app_name), app] as const);
  const timed = named.flatMap(([name, { took_ms }]) => (took_ms === null ? [] : [[name, took_ms] as const]));
  return {
    ...{ _id: worker.worker_id, ...alwaysWritten(worker, write), labels: labelsOf(worker) },
    apps: Object.fromEntries(named.map(([name, app]) => [name, JSON.stringify(app)])),
    at: Object.fromEntries(named.map(([name, app]) => [name, placeKey(app)])),
    took: Object.fromEntries(timed),
    builds: Object.fromEntries(named.map(([name, app]) => [name, buildKey(app)])),
    app_names: namesOf(worker),
  };
}

/** The fields that every write sets. */
export function alwaysWritten({ worker_id: _, apps: __, version, ...recorded }: WorkerRecord, write: string) {
  const patience_ms = SILENT_INTERVALS * recorded.interval_seconds * 1_000;
  const record = JSON.stringify(recorded satisfies Recorded);
  return { record, patience_ms, silent_at: recorded.last_seen_at + patience_ms, version, write };
}

export function namesOf({ apps }: WorkerRecord): string[] {
  return apps.map(({ app_name }) => app_name);
}

export function labelsOf({ facts }: WorkerRecord): string[] {
  return Object.entries(facts.labels).map(([name, text]) => labelText({ name, text }));
}

/** A label as one text; the first equals sign ends its name. */
export function labelText({ name, text }: { name: string; text: string }): string {
  return `${name.replace(/[%=]/g, encodeURIComponent)}=${text}`;
}

function byName(one: AppOnWorker, other: AppOnWorker): number {
  return one.app_name < other.app_name ? -1 : 1;
}
