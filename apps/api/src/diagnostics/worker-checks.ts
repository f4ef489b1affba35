import { Inject, Injectable } from '@nestjs/common';
import { API_OPTIONS, type ApiOptions } from '../api-options.js';
import { instant } from '../clock.js';
import type { WorkerRecord } from '../store/fleet-records.js';
import type { CheckOutcome, Finding } from './diagnosis.js';
import { FleetReading } from './fleet-reading.js';
import { mostNamed } from './most-named.js';

type Outcome = Omit<CheckOutcome, 'name'>;

/** A worker that was heard of so far in the future was so by another clock, milliseconds. */
const SKEW_MS = 5_000;

/** The workers, as they tell of themselves. */
@Injectable()
export class WorkerChecks {
  constructor(
    private readonly reading: FleetReading,
    @Inject(API_OPTIONS) private readonly options: Pick<ApiOptions, 'version'>,
  ) {}

  async workers(): Promise<Outcome> {
    const { workers, isPart, silent, duplicates } = await this.reading.look();
    // What is wrong with one server doesn't silence the others.
    const isEverySilent = workers > 1 && silent.length === workers;
    const findings = [
      ...(isEverySilent ? [allSilent(silent)] : silentWorkers(silent)),
      ...mostNamed(duplicates, duplicateWorker, (count) => ({
        problem: `Two workers each report under ${count} more ids.`,
        remedy: 'Mend the ones above, and look again.',
      })),
    ];
    const more = isPart ? ', and there are more' : '';
    return { summary: `${workers} workers were looked at${more}, ${silent.length} are silent`, findings };
  }

  async versions(): Promise<Outcome> {
    const { versions, isPart } = await this.reading.look();
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
    const { ahead } = await this.reading.look();
    if (ahead <= SKEW_MS) return [];
    const problem = `Another api has heard of a worker ${Math.round(ahead / 1_000)} s after now.`;
    return [{ about: null, problem, remedy: 'Let NTP set the clocks of all servers with an api.' }];
  }
}

function allSilent(silent: readonly WorkerRecord[]): Finding {
  const latest = instant(Math.max(...silent.map(({ last_seen_at }) => last_seen_at)));
  return {
    about: null,
    problem: `All ${silent.length} workers that were looked at are silent; the last word of any came at ${latest}.`,
    remedy:
      'Look at the broker first, not at each server: run setup-broker with the users of apis and workers, since whether it lets workers report is nothing that an api can try. What one of them lacks is in its /readyz and its log. nebulactl worker list --state offline names all of them; one that is gone for good: nebulactl worker forget <worker>',
  };
}

function silentWorkers(silent: readonly WorkerRecord[]): Finding[] {
  return mostNamed(silent, silentWorker, (count) => ({
    problem: `${count} more workers are silent.`,
    remedy: 'nebulactl worker list --state offline names all of them.',
  }));
}

function silentWorker({ worker_id, facts, last_seen_at }: WorkerRecord): Finding {
  return {
    about: worker_id,
    problem: `It is silent; it was heard of last at ${instant(last_seen_at)} (${facts.hostname}).`,
    remedy: `Look at the worker on that server, whose /readyz says what it lacks. If it is gone for good: nebulactl worker forget ${worker_id}`,
  };
}

function duplicateWorker({ worker_id }: WorkerRecord): Finding {
  return {
    about: worker_id,
    problem: 'Two workers report under this id, so what is told of it changes between both.',
    remedy: 'Give each of them a WORKER_ID of its own; engines of cloned servers have one id.',
  };
}
