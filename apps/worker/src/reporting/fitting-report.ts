import { MAX_REPORT_BYTES, MOST_NOTICES, type WorkerReport } from '@nebula/contracts';

/** A report without what only the sending adds. */
export type ReportBody = Omit<WorkerReport, 'sequence' | 'boot_nonce'>;

type ReportedContainer = WorkerReport['containers'][number];

/** Left for what the sending adds, bytes. */
const RESERVE_BYTES = 1_024;

/**
 * A report that the api takes: containers beyond what fits are left out, the ones with the highest numbers but for one of
 * each image, as it is counted what images an app has. A notice says how many there are and how many of them run. All
 * else is about all of them.
 */
export function fittingReport(body: ReportBody): ReportBody {
  const longest = MAX_REPORT_BYTES - RESERVE_BYTES;
  if (bytesOf(body) <= longest) return body;
  const { containers } = body;
  const bare = { ...body, containers: [], notices: withNotice(body, containers.length) };
  let room = longest - bytesOf(bare);
  const listed = new Set<ReportedContainer>();
  for (const container of byImportance(containers)) {
    // With a comma behind it.
    room -= bytesOf(container) + 1;
    if (room < 0) break;
    listed.add(container);
  }
  const kept = containers.filter((container) => listed.has(container));
  return { ...bare, containers: kept, notices: withNotice(body, kept.length) };
}

/** The first of each image, and then the others. */
function byImportance(containers: readonly ReportedContainer[]): ReportedContainer[] {
  const firsts = new Map<string, ReportedContainer>();
  for (const container of containers)
    if (!firsts.has(container.image_id)) firsts.set(container.image_id, container);
  const others = containers.filter((container) => firsts.get(container.image_id) !== container);
  return [...firsts.values(), ...others];
}

function withNotice({ containers, notices = [] }: ReportBody, listed: number): string[] {
  const running = containers.filter(({ state }) => state === 'running').length;
  const why = `since a report has at most ${MAX_REPORT_BYTES} bytes`;
  const notice = `${listed} of ${containers.length} containers are listed, ${why}; ${running} of all run`;
  return [notice, ...notices.slice(0, MOST_NOTICES - 1)];
}

/** How long something is in a message, bytes. */
export function bytesOf(part: object): number {
  return Buffer.byteLength(JSON.stringify(part));
}
