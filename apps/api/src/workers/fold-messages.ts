import { isDeepStrictEqual } from 'node:util';
import type { WorkerMessage } from '@nebula/contracts';
import type { AppOnWorker, StoredReport, WorkerChange, WorkerRecord } from '../store/fleet-records.js';
import { admit, type Verdict } from './admission.js';

/** What several messages of one worker come to. */
export interface Folded {
  verdicts: Record<Verdict, number>;
  /** Null when they change nothing. */
  change: WorkerChange | null;
  /** The newest about each app that the worker still runs. */
  reports: StoredReport[];
  /** Apps that the worker runs no more. */
  gone: string[];
  /** The worker, when reports about apps that it runs no more may be kept. */
  tidied: WorkerRecord | null;
}

/** Takes messages of one worker in the order in which they came. Pure; see `admit`. */
export function foldMessages(
  before: WorkerRecord | null,
  messages: readonly WorkerMessage[],
  now: number,
): Folded {
  const verdicts = { fresh: 0, stale: 0, duplicate: 0 };
  const reports = new Map<string, StoredReport>();
  let after = before;
  let wasTaken = false;
  for (const message of messages) {
    const { verdict, record, report } = admit(after, message, now);
    verdicts[verdict] += 1;
    // When it comes again, what was to follow it may not have been done.
    wasTaken ||= verdict === 'stale' && message.kind === 'heartbeat';
    after = record;
    if (report) keepNewer(reports, report);
  }
  const apps = new Set(after?.apps.map(({ app_name }) => app_name));
  const gone = (before?.apps ?? []).map(({ app_name }) => app_name).filter((name) => !apps.has(name));
  const change =
    after === null || isDeepStrictEqual(before, after)
      ? null
      : { before, after: { ...after, version: (before?.version ?? 0) + 1 } };
  return {
    verdicts,
    change,
    reports: [...reports.values()].filter(({ report }) => apps.has(report.app_name)),
    gone,
    tidied: wasTaken || beginsAnew(before, after) ? after : null,
  };
}

/**
 * A worker has begun to run other apps, or has started. Another instance may have kept a report just after its app was
 * gone: that one is found then. Of a worker that nobody knew only an earlier life can have left something, which its next
 * start finds: a whole fleet that comes for the first time is not looked through for that.
 */
function beginsAnew(before: WorkerRecord | null, after: WorkerRecord | null): boolean {
  const names = (worker: WorkerRecord | null) => worker?.apps.map(({ app_name }) => app_name);
  if (before === null) return false;
  return (
    before.boots[0]?.number !== after?.boots[0]?.number || !isDeepStrictEqual(names(before), names(after))
  );
}

/**
 * The apps that have converged with this change for the first time, whose times are to be filled in. Where a worker
 * had converged on that revision before (as one that starts anew has), or in another epoch (which all of them reach
 * anew, whenever their apps were changed), the time since the change says nothing about the worker.
 */
export function justConverged({ before, after }: WorkerChange): AppOnWorker[] {
  const known = new Map(before?.apps.map((app) => [app.app_name, app]));
  return after.apps.filter((app) => {
    const { converged_at, epoch, revision } = known.get(app.app_name) ?? {};
    const isSame = converged_at === app.converged_at && epoch === app.epoch && revision === app.revision;
    return app.converged_at !== null && !isSame && isFirst(app);
  });
}

function isFirst({ previous, epoch, revision }: AppOnWorker): boolean {
  return !previous || (previous.epoch === epoch && previous.revision < revision);
}

/**
 * How long a worker took for a change, milliseconds. One that began to run the app well after the change is
 * measured from then on.
 *
 * @param since milliseconds since 1970 of the change
 */
export function timeTaken(
  { converged_at, listed_at }: Pick<AppOnWorker, 'converged_at' | 'listed_at'>,
  since: number,
  intervalMs: number,
): number | null {
  if (converged_at === null) return null;
  const start = listed_at > since + intervalMs ? listed_at : since;
  return Math.max(0, converged_at - start);
}

function keepNewer(reports: Map<string, StoredReport>, report: StoredReport): void {
  const name = report.report.app_name;
  const other = reports.get(name);
  const order = other ? report.boot - other.boot || report.report.sequence - other.report.sequence : 1;
  if (order > 0) reports.set(name, report);
}
