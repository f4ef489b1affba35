import { comparePositions, type DesiredStateMessage, UnknownFieldsError } from '@nebula/contracts';
import { Injectable } from '@nestjs/common';
import pLimit from 'p-limit';
import { Clock, instant } from '../clock.js';
import { desiredStateMessage, requireReadable } from '../publishing/desired-state-message.js';
import { Publisher } from '../publishing/publisher.js';
import { type AppRecord, AppStore } from '../store/app-store.js';
import { recordPages } from '../store/record-pages.js';
import { SecretsUnreadableError } from '../store/secrets/secret-errors.js';
import type { CheckOutcome, Finding } from './diagnosis.js';
import { MOST_NAMED, mostNamed } from './most-named.js';

type Outcome = Omit<CheckOutcome, 'name'>;
type Feed = Publisher['feeds'][number];

/** Apps that are read at a time from the database. */
const PAGE = 200;

/** Streams that are read at a time. */
const PARALLEL = 8;

/** So long apps and their streams are read, milliseconds; what is left then is said. */
const READING_MS = 10_000;

/** A change that is so far in the future was made by a clock that is ahead, milliseconds. */
const SKEW_MS = 5_000;

/** How long apps are read, and whether it was not long enough for all. */
interface Look {
  /** By the clock's `elapsed`, milliseconds. */
  until: number;
  isPart: boolean;
}

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
    const look = this.begin();
    const findings: Finding[] = [];
    let [apps, read, left] = [0, 0, 0];
    const epoch = await this.store.epoch();
    for await (const page of this.pages(look)) {
      apps += page.length;
      const slots = pLimit(PARALLEL);
      const compare = async (record: AppRecord, feed: Feed) => {
        if (this.clock.elapsed() > look.until) return;
        if (findings.length >= MOST_NAMED) {
          left += 1;
          return;
        }
        const finding = await this.compared(record, feed, epoch);
        read += 1;
        if (finding) findings.push(finding);
      };
      await Promise.all(page.flatMap((record) => feeds.map((feed) => slots(() => compare(record, feed)))));
    }
    if (left > 0) {
      const problem = `So many are not right that ${left} more streams were not read.`;
      findings.push({ about: null, problem, remedy: 'Mend the ones above, and look again.' });
    }
    const all = `${look.isPart ? 'more than ' : ''}${apps * this.publisher.feeds.length}`;
    return { summary: `${read} of ${all} streams were read and compared`, findings };
  }

  async secrets(): Promise<Outcome> {
    const look = this.begin();
    const unreadable: AppRecord[] = [];
    let apps = 0;
    for await (const page of this.pages(look)) {
      const present = page.filter(({ deleted }) => !deleted);
      apps += present.length;
      unreadable.push(...present.filter(({ unreadable_secrets }) => unreadable_secrets));
    }
    const findings = mostNamed(unreadable, unreadableApp, (count) => ({
      problem: `${count} more apps have values that can not be read.`,
      remedy: PUT_BACK,
    }));
    return { summary: `${apps} apps were looked at${look.isPart ? ', and there are more' : ''}`, findings };
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
      requireReadable(wanted);
    } catch (error) {
      // Told by the check of secrets.
      if (error instanceof SecretsUnreadableError) return null;
      if (!(error instanceof UnknownFieldsError)) throw error;
      const problem = `It is not published by this api: ${error.message}.`;
      return { about: app_name, problem, remedy: 'Update this api.' };
    }
    if (!newest) {
      // With the record of a deleted app its stream goes, too.
      if (record.deleted && !(await this.store.get(app_name))) return null;
      return found('Its stream is missing or empty');
    }
    const order = comparePositions(newest, wanted);
    if (order === 0 && newest.digest === wanted.digest) return null;
    // It may have been changed since it was read from the database.
    if (order > 0 && (await this.store.get(app_name))?.revision === newest.revision) return null;
    const text = ({ epoch: of, revision }: DesiredStateMessage) => `epoch ${of}, revision ${revision}`;
    const has =
      wanted.deleted && !newest.deleted
        ? `It is deleted, but its stream has ${text(newest)} of it running`
        : `Its stream has ${text(newest)}`;
    return found(`${has}, the database ${text(wanted)}${order === 0 ? ' with other contents' : ''}`);
  }

  private begin(): Look {
    return { until: this.clock.elapsed() + READING_MS, isPart: false };
  }

  /** All records, or those that there is time for. Tombstones too: workers follow the stream of a deleted app as well. */
  private async *pages(look: Look): AsyncGenerator<AppRecord[]> {
    for await (const page of recordPages(this.store, PAGE)) {
      yield page;
      look.isPart = page.length === PAGE && this.clock.elapsed() > look.until;
      if (look.isPart) return;
    }
  }
}

function unreadableApp({ app_name, unreadable_secrets }: AppRecord): Finding {
  const [[name, reason] = [], ...others] = Object.entries(unreadable_secrets ?? {});
  const more = others.length > 0 ? `, nor can those of ${others.length} more` : '';
  const problem = `The value of ${name} can not be read (${reason})${more}, so the app is not sent out.`;
  return { about: app_name, problem, remedy: PUT_BACK };
}

const PUT_BACK = 'Put the key that has sealed it back into secret_keys, or give the app new values.';

const HEALED =
  'The api publishes it anew by itself, with the next verification at the latest (verify_interval_seconds). If it is still so then, its log says why.';
