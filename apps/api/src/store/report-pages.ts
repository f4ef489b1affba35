import type { WorkerReport } from '@nebula/contracts';
import type { StoredReport } from './fleet-records.js';

/** A page has reports of so many characters, but at least one: any worker's can be as large as a message. */
const MOST_CHARACTERS = 4_194_304;

/** So many reports are read at a time, so that few are in memory which the page has no place for. */
const AT_A_TIME = 25;

/** As it is kept. */
export interface KeptReport {
  /** JSON. */
  report: string;
  boot: number;
  received_at: number;
}

/**
 * The reports of workers in this order, as far as one page has place for them. Null for those that have none.
 * @param read what is kept of these, by worker id
 */
export async function reportsOfPage(
  workerIds: readonly string[],
  read: (workerIds: readonly string[]) => Promise<ReadonlyMap<string, KeptReport>>,
): Promise<(StoredReport | null)[]> {
  const reports: (StoredReport | null)[] = [];
  let characters = 0;
  for (let start = 0; start < workerIds.length; start += AT_A_TIME) {
    const some = workerIds.slice(start, start + AT_A_TIME);
    const found = await read(some);
    for (const id of some) {
      const kept = found.get(id);
      characters += kept?.report.length ?? 0;
      if (characters > MOST_CHARACTERS && reports.length > 0) return reports;
      reports.push(kept ? toStored(kept) : null);
    }
  }
  return reports;
}

export function toStored({ report, boot, received_at }: KeptReport): StoredReport {
  return { report: JSON.parse(report) as WorkerReport, boot, received_at };
}
