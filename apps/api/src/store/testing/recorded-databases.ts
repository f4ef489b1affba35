import { expect } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AppRecord, AppStore, Revision } from '../app-store.js';
import type { StoredReport, WorkerRecord } from '../fleet-records.js';
import type { FleetStore } from '../fleet-store.js';
import type { TokenRecord, TokenStore } from '../token-store.js';

const FOLDER = join(import.meta.dirname, 'fixtures');

interface Records {
  epoch: number;
  apps: AppRecord[];
  /** One that was replaced. */
  revision: Revision;
  worker: WorkerRecord;
  /** Of that worker. */
  report: StoredReport;
}

/** Versions of which a database was recorded. */
export const RECORDED_VERSIONS = readdirSync(FOLDER, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** The one that this version has to write like, or to add another one to. */
export const NEWEST_VERSION =
  RECORDED_VERSIONS.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1) ?? '';

/** A token, and how the databases of a version have it. */
export interface RecordedToken {
  record: TokenRecord;
  sqlite: string;
  mongo: Record<string, unknown>;
}

type RecordedFile = 'records.json' | 'sqlite.sql' | 'mongo.json' | 'token.json' | 'backup.jsonl';

export function recordedToken(version: string): RecordedToken {
  return JSON.parse(recordedText(version, 'token.json')) as RecordedToken;
}

export function recordedText(version: string, file: RecordedFile): string {
  return readFileSync(join(FOLDER, version, file), 'utf8');
}

/** Asserts that stores read what a version has stored as that version did; fields that came later have their defaults. */
export async function expectRecorded(
  version: string,
  { apps, fleet }: { apps: AppStore; fleet: FleetStore | null },
  { isRestored = false } = {},
): Promise<void> {
  const recorded = JSON.parse(recordedText(version, 'records.json')) as Records;
  const { app_name, revision } = recorded.revision;
  expect(await apps.epoch()).toBe(recorded.epoch + (isRestored ? 1 : 0));
  for (const app of recorded.apps) {
    const published = isRestored ? {} : app.published;
    expect(await apps.get(app.app_name)).toMatchObject({ ...app, published });
  }
  expect(await apps.revision(app_name, revision)).toMatchObject(recorded.revision);
  const current = recorded.apps.find((app) => app.app_name === app_name);
  if (!current) throw new Error('the revision is of no recorded app');
  expect(await apps.replace({ ...current, revision: current.revision + 1 }, current.revision)).toBe(true);
  if (!fleet) return;
  expect(await fleet.workers([recorded.worker.worker_id])).toMatchObject([recorded.worker]);
}

/** Has empty stores keep what a version has kept, as today's version does it. */
export async function writeRecorded(
  version: string,
  { apps, fleet, tokens }: { apps: AppStore; fleet: FleetStore; tokens: TokenStore },
): Promise<void> {
  const recorded = JSON.parse(recordedText(version, 'records.json')) as Records;
  for (const app of recorded.apps) await apps.insert(app);
  await apps.keepRevision(recorded.revision);
  await apps.raiseEpoch(recorded.epoch);
  await fleet.saveWorkers([{ before: null, after: recorded.worker }]);
  await fleet.saveReports([recorded.report]);
  await tokens.insert(recordedToken(version).record);
}
