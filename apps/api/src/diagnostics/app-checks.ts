import { comparePositions, type DesiredStateMessage } from '@nebula/contracts';
import { Injectable } from '@nestjs/common';
import pLimit from 'p-limit';
import { Clock, instant } from '../clock.js';
import { desiredStateMessage } from '../publishing/desired-state-message.js';
import { Publisher } from '../publishing/publisher.js';
import { type AppRecord, AppStore } from '../store/app-store.js';
import { SecretsUnreadableError } from '../store/secrets/secret-errors.js';
import type { CheckOutcome, Finding } from './diagnosis.js';

type Outcome = Omit<CheckOutcome, 'name'>;
type Feed = Publisher['feeds'][number];

/** Apps that are read at a time from the database. */
const PAGE = 200;

/** Streams that are read at a time. */
const PARALLEL = 8;

/** So long streams are read, milliseconds; what is left then is said. */
const READING_MS = 10_000;

/** Most findings of one kind; a broker that was built anew would make one of each app. */
const MOST_FINDINGS = 20;

/** A change that is so far in the future was made by a clock that is ahead, milliseconds. */
const SKEW_MS = 5_000;

/** The apps in database and streams. Nothing is changed by looking. */
@Injectable()
export class AppChecks {
  constructor(
    private readonly store: AppStore,
    private readonly publisher: Publisher,
    private readonly clock: Clock,
  ) {}

  /** Reads as many streams as there is time for, and compares them with the database. */
  async streams(): Promise<Outcome> {
    const feeds = this.publisher.feeds.filter((feed) => feed.problem() === null);
    const until = this.clock.elapsed() + READING_MS;
    const findings: Finding[] = [];
    let [apps, read] = [0, 0];
    const epoch = await this.store.epoch();
    for await (const page of this.pages()) {
      apps += page.length;
      const slots = pLimit(PARALLEL);
      const compare = async (record: AppRecord, feed: Feed) => {
        if (this.clock.elapsed() > until || findings.length >= MOST_FINDINGS) return;
        const finding = await this.compared(record, feed, epoch);
        read += 1;
        if (finding) findings.push(finding);
      };
      await Promise.all(page.flatMap((record) => feeds.map((feed) => slots(() => compare(record, feed)))));
    }
    return {
      summary: `${read} of ${apps * this.publisher.feeds.length} streams were read and compared`,
      findings,
    };
  }

  async secrets(): Promise<Outcome> {
    const findings: Finding[] = [];
    let apps = 0;
    for await (const page of this.pages()) {
      apps += page.length;
      for (const { app_name, unreadable_secrets } of page) {
        const [[name, reason] = []] = Object.entries(unreadable_secrets ?? {});
        if (name === undefined || findings.length >= MOST_FINDINGS) continue;
        const problem = `The value of ${name} can not be read (${reason}), so the app is not sent out.`;
        const remedy = 'Put the key that has sealed it back into secret_keys, or give the app new values.';
        findings.push({ about: app_name, problem, remedy });
      }
    }
    return { summary: `${apps} apps were looked at`, findings };
  }

  /** Whoever has written a time of the future has another clock. */
  async changesOfTheFuture(): Promise<Finding[]> {
    const updated_at = instant(this.clock.now() + SKEW_MS);
    const [record] = await this.store.changedSince({ updated_at, app_name: '' }, 1);
    if (!record) return [];
    const problem = `The newest change of it was made at ${record.updated_at}, which is still to come by the clock of this api.`;
    return [
      { about: record.app_name, problem, remedy: 'Let NTP set the clocks of all servers with an api.' },
    ];
  }

  private async compared(record: AppRecord, feed: Feed, epoch: number): Promise<Finding | null> {
    const { app_name } = record;
    const found = (problem: string): Finding => ({
      about: app_name,
      problem: `${problem} (region ${feed.region})`,
      remedy: HEALED,
    });
    let newest: DesiredStateMessage | null;
    try {
      newest = await feed.readNewest(app_name);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return found(`Its stream can not be read: ${reason}`);
    }
    let wanted: DesiredStateMessage;
    try {
      wanted = desiredStateMessage(record, epoch);
    } catch (error) {
      // Told by the check of secrets.
      if (error instanceof SecretsUnreadableError) return null;
      throw error;
    }
    if (!newest) return found('Its stream is missing or empty');
    const order = comparePositions(newest, wanted);
    if (order === 0 && newest.digest === wanted.digest) return null;
    // It may have been changed since it was read from the database.
    if (order > 0 && (await this.store.get(app_name))?.revision === newest.revision) return null;
    const text = ({ epoch: of, revision }: DesiredStateMessage) => `epoch ${of}, revision ${revision}`;
    return found(
      `Its stream has ${text(newest)}, the database ${text(wanted)}${order === 0 ? ' with other contents' : ''}`,
    );
  }

  /** All apps that are not deleted. */
  private async *pages(): AsyncGenerator<AppRecord[], void, undefined> {
    for (let after: string | null = ''; after !== null; ) {
      const page = await this.store.list({ limit: PAGE, ...(after === '' ? {} : { after }) });
      yield page.items;
      after = page.next_after;
    }
  }
}

const HEALED =
  'The api publishes it anew by itself, with the next verification at the latest (verify_interval_seconds). If it is still so then, its log says why.';
