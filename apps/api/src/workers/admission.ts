import type { AppBrief, WorkerHeartbeat, WorkerMessage, WorkerReport } from '@nebula/contracts';
import type { AppOnWorker, Boot, Convergence, StoredReport, WorkerRecord } from '../store/fleet-records.js';
import { FEW_INTERVALS, placeBoot } from './boots.js';

/** Interval of a worker that hasn't told its own yet, seconds. */
const DEFAULT_INTERVAL_SECONDS = 60;

/** A time that is so much ahead is of a clock that was wrong, and not of another instance whose clock differs a little, milliseconds. */
const WRONG_MS = 60_000;

/** `stale`: something newer is known. `duplicate`: it comes from a second worker with the same id. */
export const VERDICTS = ['fresh', 'stale', 'duplicate'] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface Admission {
  verdict: Verdict;
  /** The worker as it is known with this message; the same object when it changes nothing. */
  record: WorkerRecord | null;
  /** The report, to be kept if the store has none that is as new. */
  report: StoredReport | null;
}

/**
 * What a message of a worker changes in what is known of it. Pure. The version stays that of `record` (0 for none),
 * so that several messages make one write.
 *
 * @param record what is known so far, null for a worker that was never heard of
 * @param now milliseconds since 1970 by the api's clock
 */
export function admit(record: WorkerRecord | null, message: WorkerMessage, now: number): Admission {
  const known = record ?? newWorker(message, now);
  const placed = placeBoot(known.boots, message, known.interval_seconds * 1_000, now);
  const [boot] = placed.boots;
  const seen = placed.duplicate ? { since: known.duplicate?.since ?? now, seen_at: now } : null;
  if (!placed.current || !boot) {
    const { boots } = placed;
    const duplicate = seen ?? known.duplicate;
    const verdict = placed.duplicate ? 'duplicate' : 'stale';
    return { verdict, record: { ...known, boots, duplicate }, report: null };
  }
  const told =
    message.kind === 'report'
      ? takeReport(known, boot, message, now)
      : takeHeartbeat(known, boot, message, now);
  if (!told) return { verdict: 'stale', record, report: null };
  const isNewest = message.sequence === boot.sequence;
  return {
    verdict: told.apps === known.apps && message.kind === 'report' ? 'stale' : 'fresh',
    record: {
      ...known,
      ...(isNewest ? { facts: message.worker } : {}),
      ...(isNewest && message.kind === 'heartbeat' ? { interval_seconds: message.interval_seconds } : {}),
      apps: told.apps,
      boots: [told.boot, ...placed.boots.slice(1)],
      last_seen_at: known.last_seen_at > now + WRONG_MS ? now : Math.max(known.last_seen_at, now),
      duplicate: seen ?? stillDuplicate(known, now),
    },
    report: told.report,
  };
}

/** So many images of one app on one worker are counted. */
const MOST_IMAGES = 10;

function imagesIn({ containers }: WorkerReport): string[] {
  return [...new Set(containers.map(({ image_id }) => image_id))].sort().slice(0, MOST_IMAGES);
}

interface Told {
  apps: AppOnWorker[];
  boot: Boot;
  report: StoredReport | null;
}

/**
 * Null when the worker has said later that the app is none of its own. The state that a heartbeat has told since counts
 * more; what no heartbeat tells is taken from the newest report of the same position.
 */
function takeReport(known: WorkerRecord, boot: Boot, report: WorkerReport, now: number): Told | null {
  const { sequence, app_name, epoch, revision, deleted, state } = report;
  const before = known.apps.find((app) => app.app_name === app_name);
  const stored = { report, boot: boot.number, received_at: now };
  if (sequence < boot.heartbeat && !before) return null;
  const isOld = before?.boot === boot.number && before.sequence >= sequence;
  const isOvertaken = sequence < boot.heartbeat;
  // The containers in the report may be news all the same.
  if (isOld || (isOvertaken && !(before && samePosition(before, report))))
    return { apps: known.apps, boot, report: stored };
  const error_step = report.last_error?.step ?? null;
  const described = { update: report.update?.state ?? null, image_ids: imagesIn(report) };
  const place = { boot: boot.number, sequence };
  const app =
    isOvertaken && before
      ? { ...before, ...described, ...(before.state === state ? { error_step } : {}), ...place }
      : merged(before, { app_name, epoch, revision, deleted, state, error_step, ...described }, place, now);
  const others = known.apps.filter((other) => other !== before);
  return { apps: [...others, app].sort(byName), boot, report: stored };
}

/** Null when a newer heartbeat was taken. */
function takeHeartbeat(
  known: WorkerRecord,
  boot: Boot,
  heartbeat: WorkerHeartbeat,
  now: number,
): Told | null {
  const { sequence } = heartbeat;
  if (sequence <= boot.heartbeat) return null;
  const before = new Map(known.apps.map((app) => [app.app_name, app]));
  const isNewer = (app: AppOnWorker | undefined) => app?.boot === boot.number && app.sequence > sequence;
  const apps = new Map([...before].filter(([, app]) => isNewer(app)));
  for (const brief of heartbeat.apps) {
    const app = before.get(brief.app_name);
    if (!isNewer(app)) apps.set(brief.app_name, briefed(app, brief, boot.number, now));
  }
  return { apps: [...apps.values()].sort(byName), boot: { ...boot, heartbeat: sequence }, report: null };
}

/** An app that is as it was stays the same object, so that nothing is written for it. */
function briefed(before: AppOnWorker | undefined, brief: AppBrief, boot: number, now: number): AppOnWorker {
  const { app_name, epoch, revision, deleted, state } = brief;
  const said = { app_name, epoch, revision, deleted, state };
  const isSame =
    before && samePosition(before, brief) && before.deleted === deleted && before.state === state;
  if (isSame) return before;
  // Of another position no report has said how the change to it is, nor what failed there.
  const told = before && samePosition(before, brief) ? before : null;
  const error_step = state === 'failed' ? (told?.error_step ?? null) : null;
  const update = told?.update ?? null;
  // A report that is newer than the last one may still come, though it was sent before this heartbeat.
  const place = { boot, sequence: before?.boot === boot ? before.sequence : 0 };
  return merged(before, { ...said, error_step, update, image_ids: before?.image_ids ?? [] }, place, now);
}

type Place = Pick<AppOnWorker, 'boot' | 'sequence'>;
type Said = Omit<AppOnWorker, 'listed_at' | 'converged_at' | 'took_ms' | 'previous' | keyof Place>;

function merged(before: AppOnWorker | undefined, said: Said, place: Place, now: number): AppOnWorker {
  const isSame = before !== undefined && samePosition(before, said);
  const previous = isSame ? before.previous : newestConvergence(before);
  // A worker that starts, or has lost its copy, has no position for a moment, and then the one of before.
  const earlier = isSame ? before : previous && samePosition(previous, said) ? previous : null;
  const converged_at = earlier?.converged_at ?? (said.state === 'converged' ? now : null);
  const took_ms = earlier?.took_ms ?? null;
  return { ...said, listed_at: before?.listed_at ?? now, converged_at, took_ms, previous, ...place };
}

function newestConvergence(app: AppOnWorker | undefined): Convergence | null {
  if (!app) return null;
  const { epoch, revision, converged_at, took_ms } = app;
  // At (0, 0) a worker has seen no desired state yet.
  return converged_at === null || epoch === 0 ? app.previous : { epoch, revision, converged_at, took_ms };
}

function samePosition(a: Pick<AppOnWorker, 'epoch' | 'revision'>, b: typeof a): boolean {
  return a.epoch === b.epoch && a.revision === b.revision;
}

function byName(a: AppOnWorker, b: AppOnWorker): number {
  return a.app_name < b.app_name ? -1 : 1;
}

function stillDuplicate(
  { duplicate, interval_seconds }: WorkerRecord,
  now: number,
): WorkerRecord['duplicate'] {
  if (!duplicate) return null;
  return now - duplicate.seen_at > FEW_INTERVALS * interval_seconds * 1_000 ? null : duplicate;
}

function newWorker({ worker_id, worker }: WorkerMessage, now: number): WorkerRecord {
  return {
    ...{ worker_id, facts: worker, interval_seconds: DEFAULT_INTERVAL_SECONDS, apps: [], boots: [] },
    ...{ first_seen_at: now, last_seen_at: now, duplicate: null, version: 0 },
  };
}
