import { bytesOf, type ReportBody } from './fitting-report.js';

/**
 * A report that said something new is sent again after so many heartbeats, then after so many more, and so on. Nobody
 * tells a worker that a report was lost: a broker confirms what it drops two intervals later, when no api has taken it.
 * As the waits double, what was lost in an outage is there again after no longer than that has lasted, and after ten
 * heartbeats at most. Where it has lasted for more than these waits together, that holds for one app with a heartbeat.
 */
const NEWS_AGAIN_AFTER = [2, 4, 8] as const;

/**
 * Then after so many each time, and one report with a heartbeat, which is what a large fleet costs all the time. A
 * worker of many apps takes as many heartbeats for all of them.
 */
const AGAIN_AFTER = 10;

/** With one heartbeat go reports that are still news of so many bytes together, or a single longer one. */
const MOST_BYTES = 65_536;

/** What is known of the last report about an app. */
export interface SentReport {
  sent: ReportBody | null;
  /** Milliseconds since 1970. */
  sentAt: number;
  /** How often it was sent again since it said something new. */
  repeats: number;
}

/**
 * The reports that are to be sent again now, oldest first. While one is missing, the api has old containers, errors,
 * progress and notices of an app, and how an update was: position and state come with each heartbeat.
 *
 * @param now milliseconds since 1970
 * @param interval between two heartbeats, milliseconds
 */
export function dueReports<T extends SentReport>(reports: Iterable<T>, now: number, interval: number): T[] {
  const due = [...reports].filter((report) => isDue(report, now, interval));
  due.sort((a, b) => a.sentAt - b.sentAt);
  const chosen: T[] = [];
  let bytes = 0;
  for (const report of due.filter(isNews)) {
    if (report.sent) bytes += bytesOf(report.sent);
    if (chosen.length > 0 && bytes > MOST_BYTES) break;
    chosen.push(report);
  }
  const routine = due.find((report) => !isNews(report));
  return routine ? [...chosen, routine] : chosen;
}

function isNews({ repeats }: SentReport): boolean {
  return repeats < NEWS_AGAIN_AFTER.length;
}

function isDue({ sent, sentAt, repeats }: SentReport, now: number, interval: number): boolean {
  if (!sent) return false;
  const wait = NEWS_AGAIN_AFTER[repeats] ?? AGAIN_AFTER;
  // Sent in the future: the clock was set back, so nobody knows how long ago it was.
  return sentAt <= now - wait * interval || sentAt > now;
}
