import type { Model, QueryFilter } from 'mongoose';
import type { AppOverview, AppView, FleetState } from '../fleet-records.js';
import { appField, counted, offline } from './fleet-queries.js';
import type { WorkerDocument } from './worker-document.js';

interface Group {
  _id: {
    epoch: number;
    revision: number;
    state: Exclude<FleetState, 'offline'>;
    took_ms?: number | null;
  };
  workers: number;
}

/**
 * Counts the workers of an app on the server, those that are offline apart, with nothing but the grouping by
 * fields that every server of this protocol knows. Two readings of them are all: the times to converge come as groups,
 * too, of which there are as many as different times at most.
 */
export async function overviewOf(workers: Model<WorkerDocument>, view: AppView): Promise<AppOverview> {
  const [all, absent] = await Promise.all([
    groups(workers, view, []),
    groups(workers, view, [offline(view.silence)]),
  ]);
  return {
    states: statesOf(all, absent, view),
    revisions: revisionsOf(all),
    convergence: convergenceOf(all, view),
  };
}

async function groups(
  workers: Model<WorkerDocument>,
  view: AppView,
  presence: QueryFilter<WorkerDocument>[],
): Promise<Group[]> {
  const field = (name: string) => `$${appField(view.app_name, name)}`;
  return await workers.aggregate<Group>([
    { $match: { $and: [...counted(view), ...presence] } },
    // A server that keeps what it groups keeps no more than that.
    { $project: { _id: 0, [appField(view.app_name)]: 1 } },
    {
      $group: {
        _id: {
          ...{ epoch: field('epoch'), revision: field('revision') },
          ...{ state: field('state'), took_ms: field('took_ms') },
        },
        workers: { $sum: 1 },
      },
    },
  ]);
}

function statesOf(
  all: readonly Group[],
  absent: readonly Group[],
  { position }: AppView,
): AppOverview['states'] {
  const states = { converged: 0, converging: 0, failed: 0, offline: 0 };
  const stateOf = ({ epoch, revision, state }: Group['_id']) =>
    epoch === position.epoch && revision === position.revision ? state : 'converging';
  for (const { _id, workers } of all) states[stateOf(_id)] += workers;
  for (const { _id, workers } of absent) {
    states[stateOf(_id)] -= workers;
    states.offline += workers;
  }
  // One that has changed between the two readings may be missing in the first.
  for (const state of ['converged', 'converging', 'failed'] as const)
    states[state] = Math.max(0, states[state]);
  return states;
}

function revisionsOf(groups: readonly Group[]): AppOverview['revisions'] {
  const revisions = new Map<string, AppOverview['revisions'][number]>();
  for (const { _id, workers } of groups) {
    const { epoch, revision } = _id;
    const key = `${epoch}:${revision}`;
    revisions.set(key, { epoch, revision, workers: workers + (revisions.get(key)?.workers ?? 0) });
  }
  return [...revisions.values()].sort((a, b) => b.epoch - a.epoch || b.revision - a.revision);
}

function convergenceOf(groups: readonly Group[], { position, deleted }: AppView): AppOverview['convergence'] {
  // Of a tombstone nobody is told how long it took.
  if (deleted) return null;
  const times = groups
    .flatMap(({ _id: { epoch, revision, took_ms }, workers }) =>
      epoch === position.epoch && revision === position.revision && typeof took_ms === 'number'
        ? [{ took_ms, workers }]
        : [],
    )
    .sort((a, b) => a.took_ms - b.took_ms);
  const count = times.reduce((sum, { workers }) => sum + workers, 0);
  const [p50, p99] = [nthTime(times, Math.ceil(count * 0.5)), nthTime(times, Math.ceil(count * 0.99))];
  return p50 === null || p99 === null ? null : { p50_ms: p50, p99_ms: p99 };
}

/** The time that so many took at most. */
function nthTime(times: readonly { took_ms: number; workers: number }[], n: number): number | null {
  let counted = 0;
  for (const { took_ms, workers } of times) {
    counted += workers;
    if (counted >= n) return took_ms;
  }
  return null;
}
