import type { ReportTransport } from '@nebula/messaging';
import { searchLogged } from '../../../../../libs/messaging/src/testing/searched-log.js';
import { ApiLog } from '../../api-log.js';
import { Clock } from '../../clock.js';
import { ApiMetrics } from '../../metrics/api-metrics.js';
import type { Stores } from '../../store/testing/database-under-test.js';
import { AheadWatch } from '../ahead-watch.js';
import { FleetWriter } from '../fleet-writer.js';
import { Listening } from '../listening.js';
import { News } from '../news.js';
import { ReportInbox } from '../report-inbox.js';
import { ReportsPause } from '../reports-pause.js';

/** What is around an inbox. */
export class InboxSurroundings {
  /** What was logged. */
  readonly lines: string[] = [];
  /** Whether the transport was told to take nothing. */
  paused = false;
  /** So long the streams of an app are read. */
  looking: Promise<void> = Promise.resolve();
}

/** An inbox that writes to a store, with nothing that would send it something. */
export function inboxOn(
  { fleet, apps }: Pick<Stores, 'fleet' | 'apps'>,
  around: InboxSurroundings,
): { inbox: ReportInbox; listening: Listening } {
  const note = (...parts: unknown[]) => {
    searchLogged(...parts);
    around.lines.push(JSON.stringify(parts));
  };
  const log = new ApiLog({ logger: { log: note, warn: note, error: note } });
  const clock = new Clock();
  const reports = {
    listenedMs: () => (around.paused ? null : 86_400_000),
    pause: () => {
      around.paused = true;
    },
    resume: () => {
      around.paused = false;
      around.looking = Promise.resolve();
    },
  } as unknown as ReportTransport;
  const listening = new Listening({ reports }, clock);
  const pause = new ReportsPause({ reports }, apps, log);
  const ahead = new AheadWatch(apps, { suspect: () => around.looking }, clock, log);
  const metrics = new ApiMetrics();
  const writer = new FleetWriter(fleet, apps, new News(), clock, log, metrics);
  return { inbox: new ReportInbox(writer, ahead, listening, pause, clock, log, metrics), listening };
}
