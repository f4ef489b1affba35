import { expect } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AppRecord, AppStore, Revision } from '../app-store.js';
import type { StoredReport, WorkerRecord } from '../fleet-records.js';
import type { FleetStore } from '../fleet-store.js';

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

export function recordedText(version: string, file: 'records.json' | 'sqlite.sql' | 'mongo.json'): string {
  return readFileSync(join(FOLDER, version, file), 'utf8');
}

/** Asserts that stores read what a version has stored as that version did; fields that came later have their defaults. */
export async function expectRecorded(
  version: string,
  { apps, fleet }: { apps: AppStore; fleet: FleetStore | null },
): Promise<void> {
  const recorded = JSON.parse(recordedText(version, 'records.json')) as Records;
  const { app_name, revision } = recorded.revision;
  expect(await apps.epoch()).toBe(recorded.epoch);
  for (const app of recorded.apps) expect(await apps.get(app.app_name)).toMatchObject(app);
  expect(await apps.revision(app_name, revision)).toMatchObject(recorded.revision);
  const current = recorded.apps.find((app) => app.app_name === app_name);
  if (!current) throw new Error('the revision is of no recorded app');
  expect(await apps.replace({ ...current, revision: current.revision + 1 }, current.revision)).toBe(true);
  if (!fleet) return;
  expect(await fleet.workers([recorded.worker.worker_id])).toMatchObject([recorded.worker]);
}
