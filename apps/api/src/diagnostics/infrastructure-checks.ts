import type { ReportTransport } from '@nebula/messaging';
import { Inject, Injectable } from '@nestjs/common';
import { API_OPTIONS, type ApiOptions } from '../api-options.js';
import { Clock } from '../clock.js';
import { Publisher } from '../publishing/publisher.js';
import { AppStore } from '../store/app-store.js';
import type { CheckOutcome, Finding } from './diagnosis.js';

type Outcome = Omit<CheckOutcome, 'name'>;

/** A database that needs longer for one small answer slows everything, milliseconds. */
const SLOW_MS = 1_000;

/** Clocks that differ by more do harm, milliseconds. */
const SKEW_MS = 5_000;

type Transport = Pick<ReportTransport, 'problem' | 'lacksRoom'>;

/** What to do about a broker that takes nothing for now, and about one that can't be used for any other reason. */
interface Remedies {
  room: string;
  other: string;
}

const FEED_REMEDIES: Remedies = {
  room: 'Free memory or disk at RabbitMQ. Changes wait in the database until then, and go on by themselves.',
  other:
    'Look whether RabbitMQ runs and whether address, virtual host, user and password are those of setup-broker. Changes wait in the database until then.',
};

const REPORTS_REMEDIES: Remedies = {
  room: 'Free memory or disk at RabbitMQ. Reports wait at the workers until then, and what is told of workers is old.',
  other: 'Run setup-broker if the queue is missing. Until reports arrive, what is told of workers is old.',
};

/** Database and brokers. */
@Injectable()
export class InfrastructureChecks {
  constructor(
    private readonly store: AppStore,
    private readonly publisher: Publisher,
    @Inject(API_OPTIONS) private readonly options: Pick<ApiOptions, 'reports'>,
    private readonly clock: Clock,
  ) {}

  async database(): Promise<Outcome> {
    const problem = await this.store.problem();
    if (problem !== null) {
      const remedy =
        'Start the database, or mend the address in the configuration. Containers go on; changes are refused until it is back.';
      return { summary: 'it can not be used', findings: [{ about: null, problem: `${problem}.`, remedy }] };
    }
    const began = this.clock.elapsed();
    const epoch = await this.store.epoch();
    const took = Math.round(this.clock.elapsed() - began);
    const slow: Finding = {
      about: null,
      problem: `It took ${took} ms for one small answer.`,
      remedy: 'Look at the load of the database and at the network between it and the api.',
    };
    return { summary: `answers in ${took} ms, epoch ${epoch}`, findings: took > SLOW_MS ? [slow] : [] };
  }

  /**
   * Changes made by a clock that is late look like any others, so the api compares itself with somebody else.
   * @returns null when there is nobody: the database has no clock of its own, or doesn't tell it
   */
  async ownClock(): Promise<Finding[] | null> {
    const asked = this.clock.now();
    const theirs = await this.store.serverTime();
    if (theirs === null) return null;
    // The server has told its time at some instant in between.
    const ahead = Math.max(0, asked - theirs) + Math.min(0, this.clock.now() - theirs);
    if (Math.abs(ahead) <= SKEW_MS) return [];
    const seconds = Math.round(Math.abs(ahead) / 1_000);
    const problem = `The clock of this api is ${seconds} s ${ahead > 0 ? 'ahead of' : 'behind'} that of the server of the database.`;
    return [
      { about: null, problem, remedy: 'Let NTP set the clocks of all servers with an api or the database.' },
    ];
  }

  async broker(): Promise<Outcome> {
    const findings = [
      ...this.publisher.feeds.flatMap((feed) => findingsOf(feed.region, feed, FEED_REMEDIES)),
      ...this.reports().flatMap(({ about, transport }) => findingsOf(about, transport, REPORTS_REMEDIES)),
    ];
    return { summary: `regions: ${this.publisher.regionNames.join(', ')}`, findings };
  }

  /** What brings reports, one for each region, under the names that readiness has for them. */
  private reports(): { about: string; transport: Transport }[] {
    const { reports } = this.options;
    if (!reports) return [];
    if (!reports.parts) return [{ about: 'reports', transport: reports }];
    return reports.parts.map(({ region, transport }) => ({ about: `reports ${region}`, transport }));
  }

  async rights(): Promise<Outcome> {
    const findings: Finding[] = [];
    const examined: string[] = [];
    for (const feed of this.publisher.feeds) {
      // One that is away is told of already.
      if (feed.problem() !== null) continue;
      for (const found of await feed.examine()) findings.push({ about: feed.region, ...found });
      examined.push(feed.region);
    }
    const summary =
      examined.length > 0
        ? `what the api has to be allowed was tried: ${examined.join(', ')}`
        : 'no broker is there to ask';
    return { summary, findings };
  }
}

function findingsOf(about: string, transport: Transport, { room, other }: Remedies): Finding[] {
  const problem = transport.problem();
  if (problem === null) return [];
  return [{ about, problem: `${problem}.`, remedy: transport.lacksRoom?.() === true ? room : other }];
}
