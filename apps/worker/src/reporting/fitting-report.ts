import { MAX_REPORT_BYTES, MOST_NOTICES, type WorkerReport } from '@nebula/contracts';

/** A report without what only the sending adds. */
export type ReportBody = Omit<WorkerReport, 'sequence' | 'boot_nonce'>;

/** Left for what the sending adds, bytes. */
const RESERVE_BYTES = 1_024;

/**
 * A report that the api takes: containers beyond what fits are left out, the ones with the highest numbers, and a
 * notice says how many there are and how many of them run. All else is about all of them.
 */
export function fittingReport(body: ReportBody): ReportBody {
  const longest = MAX_REPORT_BYTES - RESERVE_BYTES;
  if (bytesOf(body) <= longest) return body;
  const { containers } = body;
  const bare = { ...body, containers: [], notices: withNotice(body, containers.length) };
  let room = longest - bytesOf(bare);
  let listed = 0;
  for (const container of containers) {
    // With a comma behind it.
    room -= bytesOf(container) + 1;
    if (room < 0) break;
    listed += 1;
  }
  return { ...bare, containers: containers.slice(0, listed), notices: withNotice(body, listed) };
}

function withNotice({ containers, notices = [] }: ReportBody, listed: number): string[] {
  const running = containers.filter(({ state }) => state === 'running').length;
  const why = `since a report has at most ${MAX_REPORT_BYTES} bytes`;
  const notice = `${listed} of ${containers.length} containers are listed, ${why}; ${running} of all run`;
  return [notice, ...notices.slice(0, MOST_NOTICES - 1)];
}

function bytesOf(part: object): number {
  return Buffer.byteLength(JSON.stringify(part));
}
