import type { Model, PipelineStage, QueryFilter } from 'mongoose';
import type { AppOverview, AppView, FleetState } from '../fleet-records.js';
import { appField, counted, offline, online, timed } from './fleet-queries.js';
import type { WorkerDocument } from './worker-document.js';

interface Group {
  _id: { epoch: number; revision: number; state: Exclude<FleetState, 'offline'> };
  workers: number;
}

/**
 * Counts the workers of an app on the server, those that are offline apart, with nothing but the grouping by
 * fields that every server of this protocol knows.
 */
export async function overviewOf(workers: Model<WorkerDocument>, view: AppView): Promise<AppOverview> {
  const [present, absent, convergence] = await Promise.all([
    groups(workers, view, online(view.silence)),
    groups(workers, view, offline(view.silence)),
    convergenceOf(workers, view),
  ]);
  const states = { converged: 0, converging: 0, failed: 0, offline: 0 };
  const { position } = view;
  for (const { _id: at, workers: count } of present) {
    const isThere = at.epoch === position.epoch && at.revision === position.revision;
    states[isThere ? at.state : 'converging'] += count;
  }
  for (const { workers: count } of absent) states.offline += count;
  return { states, revisions: revisionsOf([...present, ...absent]), convergence };
}

async function groups(
  workers: Model<WorkerDocument>,
  view: AppView,
  presence: QueryFilter<WorkerDocument>,
): Promise<Group[]> {
  const field = (name: string) => `$${appField(view.app_name, name)}`;
  return await workers.aggregate<Group>([
    { $match: { $and: [...counted(view), presence] } },
    {
      $group: {
        _id: { epoch: field('epoch'), revision: field('revision'), state: field('state') },
        workers: { $sum: 1 },
      },
    },
  ]);
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

async function convergenceOf(
  workers: Model<WorkerDocument>,
  view: AppView,
): Promise<AppOverview['convergence']> {
  if (view.deleted) return null;
  const match = { $match: { $and: timed(view) } };
  const [count] = await workers.aggregate<{ n: number }>([match, { $group: { _id: null, n: { $sum: 1 } } }]);
  if (!count) return null;
  const nth = (n: number) => nthTime(workers, view, [match], n);
  const [p50, p99] = await Promise.all([
    nth(Math.ceil(count.n * 0.5) - 1),
    nth(Math.ceil(count.n * 0.99) - 1),
  ]);
  return p50 === null || p99 === null ? null : { p50_ms: p50, p99_ms: p99 };
}

async function nthTime(
  workers: Model<WorkerDocument>,
  { app_name }: AppView,
  stages: PipelineStage[],
  n: number,
): Promise<number | null> {
  const took = appField(app_name, 'took_ms');
  const [found] = await workers.aggregate<Pick<WorkerDocument, 'apps'>>([
    ...stages,
    // Before the sorting, so that it holds nothing but the times.
    { $project: { _id: 0, [took]: 1 } },
    { $sort: { [took]: 1 } },
    { $skip: n },
    { $limit: 1 },
  ]);
  const [app] = Object.values(found?.apps ?? {});
  return app?.took_ms ?? null;
}
