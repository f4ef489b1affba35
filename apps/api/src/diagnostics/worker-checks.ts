import { Inject, Injectable } from '@nestjs/common';
import { API_OPTIONS, type ApiOptions } from '../api-options.js';
import { Clock, instant } from '../clock.js';
import { isOffline, type WorkerRecord } from '../store/fleet-records.js';
import { FleetStore } from '../store/fleet-store.js';
import { Listening } from '../workers/listening.js';
import type { CheckOutcome, Finding } from './diagnosis.js';

type Outcome = Omit<CheckOutcome, 'name'>;

/** Workers that are read at a time. */
const PAGE = 1_000;

/** So long workers are read, milliseconds; that there are more is said. */
const READING_MS = 8_000;

/** Most workers that are named. */
const MOST_NAMED = 20;

/** A worker that was heard of so far in the future was so by another clock, milliseconds. */
const SKEW_MS = 5_000;

/** What of all workers is looked at. */
interface Seen {
  workers: number;
  /** There was no time for the others. */
  isPart: boolean;
  silent: WorkerRecord[];
  duplicates: WorkerRecord[];
  /** How many there are of each version. */
  versions: Map<string, number>;
  /** How far in the future the latest was heard of, milliseconds. */
  ahead: number;
}

/** The workers, as they tell of themselves. */
@Injectable()
export class WorkerChecks {
  private seen: Promise<Seen> | null = null;

  constructor(
    private readonly fleet: FleetStore,
    private readonly listening: Listening,
    @Inject(API_OPTIONS) private readonly options: Pick<ApiOptions, 'version'>,
    private readonly clock: Clock,
  ) {}

  async workers(): Promise<Outcome> {
    const { workers, isPart, silent, duplicates } = await this.look();
    const findings: Finding[] = silent.slice(0, MOST_NAMED).map(({ worker_id, facts, last_seen_at }) => ({
      about: worker_id,
      problem: `It is silent; it was heard of last at ${instant(last_seen_at)} (${facts.hostname}).`,
      remedy: `Look at the worker on that server. If it is gone for good: nebulactl worker forget ${worker_id}`,
    }));
    if (silent.length > MOST_NAMED) {
      const problem = `${silent.length - MOST_NAMED} more workers are silent.`;
      findings.push({
        about: null,
        problem,
        remedy: 'nebulactl worker list --state offline names all of them.',
      });
    }
    for (const { worker_id } of duplicates.slice(0, MOST_NAMED)) {
      const problem = 'Two workers report under this id, so what is told of it changes between both.';
      const remedy = 'Give each of them a WORKER_ID of its own; engines of cloned servers have one id.';
      findings.push({ about: worker_id, problem, remedy });
    }
    const more = isPart ? ', and there are more' : '';
    return { summary: `${workers} workers were looked at${more}, ${silent.length} are silent`, findings };
  }

  async versions(): Promise<Outcome> {
    const { versions, isPart } = await this.look();
    const { version: own } = this.options;
    const findings = [...versions].flatMap(([version, count]): Finding[] => {
      if (version === own) return [];
      const problem = `${isPart ? 'At least ' : ''}${count} workers are of the version ${version}, the api of ${own}.`;
      const remedy =
        'Update the older ones. A worker that is too old for what an app asks for keeps what runs, and its status says so.';
      return [{ about: version, problem, remedy }];
    });
    const summary = [...versions].map(([version, count]) => `${count} × ${version}`).join(', ');
    const more = isPart ? ', and there are more workers that were not looked at' : '';
    return { summary: `api ${own}; workers ${summary === '' ? 'none' : summary}${more}`, findings };
  }

  /** Whoever has heard of a worker in the future has another clock. */
  async heardInTheFuture(): Promise<Finding[]> {
    const { ahead } = await this.look();
    if (ahead <= SKEW_MS) return [];
    const problem = `Another api has heard of a worker ${Math.round(ahead / 1_000)} s after now.`;
    return [{ about: null, problem, remedy: 'Let NTP set the clocks of all servers with an api.' }];
  }

  /** One reading for all checks that run at the same time. */
  private async look(): Promise<Seen> {
    this.seen ??= this.read().finally(() => (this.seen = null));
    return await this.seen;
  }

  private async read(): Promise<Seen> {
    const silence = this.listening.silence();
    const until = this.clock.elapsed() + READING_MS;
    const seen: Seen = {
      ...{ workers: 0, isPart: false, silent: [], duplicates: [], versions: new Map(), ahead: 0 },
    };
    for (let after: string | undefined = ''; after !== undefined; ) {
      if (this.clock.elapsed() > until) return { ...seen, isPart: true };
      const page: WorkerRecord[] = await this.fleet.workerPage({
        ...{ silence, limit: PAGE },
        ...(after === '' ? {} : { after }),
      });
      for (const worker of page) {
        const { worker_version } = worker.facts;
        seen.workers += 1;
        seen.versions.set(worker_version, (seen.versions.get(worker_version) ?? 0) + 1);
        if (isOffline(worker, silence)) seen.silent.push(worker);
        if (worker.duplicate) seen.duplicates.push(worker);
        seen.ahead = Math.max(seen.ahead, worker.last_seen_at - this.clock.now());
      }
      after = page.length === PAGE ? page.at(-1)?.worker_id : undefined;
    }
    return seen;
  }
}
