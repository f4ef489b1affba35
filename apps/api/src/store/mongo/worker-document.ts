import type { WorkerFacts } from '@nebula/contracts';
import { Schema } from 'mongoose';
import { type AppOnWorker, SILENT_INTERVALS, type WorkerRecord } from '../fleet-records.js';
import { toFieldName } from './field-name.js';

/** A worker in the collection `workers`. */
export interface WorkerDocument extends Omit<WorkerRecord, 'worker_id' | 'facts' | 'apps'> {
  /** The worker's id. */
  _id: string;
  /** JSON, for the same reasons as the spec of an app. */
  facts: string;
  /** By the app's name, encoded, so that each has a path of its own to ask for and to write. */
  apps: Record<string, AppOnWorker>;
  /** What `apps` has, and each label with its text, for indexes. */
  app_names: string[];
  labels: string[];
  /** So long it may be silent, milliseconds, and when it was for so long. */
  patience_ms: number;
  silent_at: number;
  /** Of the call that wrote last. */
  write: string;
}

const { Mixed } = Schema.Types;

export const WORKER_SCHEMA = new Schema<WorkerDocument>(
  {
    ...{ _id: String, facts: String, apps: Mixed, app_names: [String], labels: [String] },
    ...{ interval_seconds: Number, patience_ms: Number, silent_at: Number, boots: [Mixed] },
    ...{ first_seen_at: Number, last_seen_at: Number, duplicate: Mixed, version: Number, write: String },
  },
  { versionKey: false, minimize: false },
);

export function toWorker(document: WorkerDocument): WorkerRecord {
  const apps = Object.values(document.apps).sort(byName);
  return { ...toWorkerAlone(document), apps };
}

export function toWorkerAlone(document: Omit<WorkerDocument, 'apps'>): Omit<WorkerRecord, 'apps'> {
  const { _id, facts, interval_seconds, boots, first_seen_at, last_seen_at, duplicate, version } = document;
  return {
    worker_id: _id,
    facts: JSON.parse(facts) as WorkerFacts,
    ...{ interval_seconds, boots, first_seen_at, last_seen_at, duplicate, version },
  };
}

export function toWorkerDocument(worker: WorkerRecord, write: string): WorkerDocument {
  const apps = worker.apps.map((app) => [toFieldName(app.app_name), app] as const);
  return {
    ...{ _id: worker.worker_id, ...alwaysWritten(worker, write), labels: labelsOf(worker) },
    ...{ apps: Object.fromEntries(apps), app_names: namesOf(worker) },
  };
}

/** The fields that every write sets. */
export function alwaysWritten(worker: WorkerRecord, write: string) {
  const { facts, interval_seconds, boots, first_seen_at, last_seen_at, duplicate, version } = worker;
  const patience_ms = SILENT_INTERVALS * interval_seconds * 1_000;
  return {
    ...{
      facts: JSON.stringify(facts),
      interval_seconds,
      boots,
      first_seen_at,
      last_seen_at,
      duplicate,
      version,
    },
    ...{ patience_ms, silent_at: last_seen_at + patience_ms, write },
  };
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
