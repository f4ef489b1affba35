import type { AppState, Position, UpdateState, WorkerFacts, WorkerReport } from '@nebula/contracts';

/** So many of its own intervals a worker may be silent before it counts as offline. */
export const SILENT_INTERVALS = 3;

/** One start of a worker, and how far its messages have been taken. */
export interface Boot {
  nonce: string;
  /** Grows with each boot that becomes the current one; with `sequence` it orders everything a worker ever said. */
  number: number;
  /** Highest that was taken of any message. */
  sequence: number;
  /** Lowest that was heard of any message. A worker counts from 1, so that a boot was known before where it is higher. */
  lowest: number;
  /** Highest that was taken of a heartbeat, -1 before the first. */
  heartbeat: number;
  /** Milliseconds since 1970, like all times of the fleet, by the clock of whichever api took the message. */
  first_seen_at: number;
  seen_at: number;
  /** How often it was heard of again after another boot had become the current one. */
  returns: number;
}

/** That a worker has converged on a position. */
export interface Convergence extends Position {
  /** When the first word of it came. */
  converged_at: number;
  /** How long it took from the change until then, milliseconds; null where that isn't known. */
  took_ms: number | null;
}

/** How an app is on a worker, in short. What is large (containers, texts of errors) is in the report. */
export interface AppOnWorker {
  app_name: string;
  /** Position of the desired state that the worker has, 0 and 0 while it has seen none. */
  epoch: number;
  revision: number;
  /** The desired state was a tombstone. */
  deleted: boolean;
  state: AppState;
  /** Step of the newest failure that the worker told, null when all is well. */
  error_step: string | null;
  /** How the change to this position is there, as the newest report says; null where none has said so. */
  update: UpdateState | null;
  /** The images that its containers are made from, as the newest report has them: sorted, each once, the first few. */
  image_ids: string[];
  /** When the api first heard that this worker runs the app. */
  listed_at: number;
  /** When the first word came that the worker had converged on this position; null before. */
  converged_at: number | null;
  /** How long it took from the change until then, milliseconds; null where that isn't known. */
  took_ms: number | null;
  /** The newest convergence on another position than this one; null when there was none since it is listed. */
  previous: Convergence | null;
  /** The boot that said so. */
  boot: number;
  /**
   * That of the newest report of this boot about the app, which said what heartbeats don't; 0 while there was none: a
   * worker counts from 1. Versions before wrote that of the heartbeat where it had said something new.
   */
  sequence: number;
}

/** What is known of a worker, in one record. */
export interface WorkerRecord {
  worker_id: string;
  facts: WorkerFacts;
  /** Seconds between two heartbeats, as the worker says. */
  interval_seconds: number;
  /** By name (code units), each once. */
  apps: AppOnWorker[];
  /** The newest few, the current one first. */
  boots: Boot[];
  first_seen_at: number;
  last_seen_at: number;
  /** Two workers send under this id: since when, and when that was last seen. Null when all is well. */
  duplicate: { since: number; seen_at: number } | null;
  /** 1 in a new record, one more with every write. */
  version: number;
}

/** A write of one worker's record, for the case that it still is as it was read. */
export interface WorkerChange {
  /** What was read; null when there was none. */
  before: WorkerRecord | null;
  /** Its version follows on that of `before`. */
  after: WorkerRecord;
}

/** The newest report of one worker about one app. */
export interface StoredReport {
  report: WorkerReport;
  /** Number of the worker's boot that sent it. */
  boot: number;
  received_at: number;
}

/** How long workers may have been silent: one is offline when it was for its whole time while the api listened. */
export interface Silence {
  /** Milliseconds since 1970. */
  now: number;
  /** For so long the api has been listening without a gap, milliseconds; 0 while it doesn't. */
  listened_ms: number;
}

/** How a worker is with an app, seen from what is wanted now. */
export const FLEET_STATES = ['converged', 'converging', 'failed', 'offline'] as const;
export type FleetState = (typeof FLEET_STATES)[number];

/** Where the workers of an app are looked at from. */
export interface AppView {
  app_name: string;
  /** The desired state's. */
  position: Position;
  /** It is a tombstone: workers on which nothing of the app is left don't count any more. */
  deleted: boolean;
  silence: Silence;
}

/** How many workers of an app are how far. */
export interface AppOverview {
  states: Record<FleetState, number>;
  /** Workers by the position that they have, newest first. `converged` are those of them that have, and aren't offline. */
  revisions: (Position & { workers: number; converged: number })[];
  /** Workers that have the desired position by how the change to it is there, as far as they tell. */
  updates: Record<UpdateState, number>;
  /** Workers by the images that containers of the app are made from, that of most first. One can have several. */
  images: { image_id: string; workers: number }[];
  /**
   * Of the workers that have converged on the desired position: how long it took half of them, and 99 of 100,
   * at most, milliseconds (nearest rank). Null when no time is known.
   */
  convergence: { p50_ms: number; p99_ms: number } | null;
}

/** All workers, and all apps on them, counted at one moment. */
export interface FleetCensus {
  online: number;
  offline: number;
  /** Apps on workers that are at the same place; each place once. Tombstones too. */
  places: (Position & {
    app_name: string;
    deleted: boolean;
    /** As the workers say, of the position that they have. */
    state: AppState;
    offline: boolean;
    workers: number;
  })[];
}

/** Which workers of an app are asked for. */
export interface AppPageQuery {
  state?: FleetState;
  /** Those that have converged on one of these positions are left out. */
  except?: readonly Position[];
  limit: number;
  /**
   * `worker_id`: all, by worker id. `slowest`: those that have converged on the desired position and whose time
   * is known, the longest first, those with the same time by worker id.
   */
  order:
    | { by: 'worker_id'; after?: string }
    | { by: 'slowest'; after?: { took_ms: number; worker_id: string } };
}

/** One app on one worker. */
export interface AppRow {
  worker: Omit<WorkerRecord, 'apps'>;
  app: AppOnWorker;
  state: FleetState;
  /** Null when none has come yet. */
  report: StoredReport | null;
}

/** Workers of an app, as far as one page has place for their reports. */
export interface AppPage {
  rows: AppRow[];
  /** There are more behind the last one. */
  more: boolean;
}

/** Which workers are asked for, by worker id. */
export interface WorkerPageQuery {
  silence: Silence;
  state?: 'online' | 'offline';
  /** Those that run this app. */
  app?: string;
  /** Those that have this label with this text. */
  label?: { name: string; text: string };
  after?: string;
  limit: number;
}

export function isOffline(
  worker: Pick<WorkerRecord, 'last_seen_at' | 'interval_seconds'>,
  silence: Silence,
): boolean {
  return isSilent(patienceWith(worker), silence);
}

/** For how long a worker may be silent, milliseconds, and when it was for so long. */
export function patienceWith({
  last_seen_at,
  interval_seconds,
}: Pick<WorkerRecord, 'last_seen_at' | 'interval_seconds'>): { silent_at: number; patience_ms: number } {
  const patience_ms = SILENT_INTERVALS * interval_seconds * 1_000;
  return { silent_at: last_seen_at + patience_ms, patience_ms };
}

/** As `isOffline`, of a worker that may be silent for `patience_ms`, and is so at `silent_at`. */
export function isSilent(
  { silent_at, patience_ms }: { silent_at: number; patience_ms: number },
  { now, listened_ms }: Silence,
): boolean {
  return silent_at <= now && patience_ms <= listened_ms;
}

/** As `fleetStateAt`, unless the worker is offline. */
export function fleetState(
  worker: Pick<WorkerRecord, 'last_seen_at' | 'interval_seconds'>,
  app: AppOnWorker,
  { position, silence }: AppView,
): FleetState {
  return isOffline(worker, silence) ? 'offline' : fleetStateAt(app, position);
}

/** A worker at another position than the desired one, or that failed there, is on its way. */
export function fleetStateAt(
  { epoch, revision, state }: Pick<AppOnWorker, 'epoch' | 'revision' | 'state'>,
  desired: Position,
): Exclude<FleetState, 'offline'> {
  return epoch === desired.epoch && revision === desired.revision ? state : 'converging';
}
