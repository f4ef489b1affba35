import type { QueryFilter } from 'mongoose';
import type { AppPageQuery, AppView, FleetState, Silence, WorkerPageQuery } from '../fleet-records.js';
import { toFieldName } from './field-name.js';
import type { IndexKeys } from './index-keeper.js';
import { labelText, type WorkerDocument } from './worker-document.js';

type Filter = QueryFilter<WorkerDocument>;

/** Indexes of `workers`; each query below finds an app's or a label's workers in the order of their ids. */
export const WORKER_INDEXES: readonly IndexKeys[] = [
  { app_names: 1, _id: 1 },
  { labels: 1, _id: 1 },
];

export function appField(appName: string, field?: string): string {
  return `apps.${toFieldName(appName)}${field === undefined ? '' : `.${field}`}`;
}

/** What of a worker is read for one app: all but the other apps. */
export function appFields(appName: string): Record<string, 1> {
  return {
    ...{
      facts: 1,
      interval_seconds: 1,
      boots: 1,
      first_seen_at: 1,
      last_seen_at: 1,
      duplicate: 1,
      version: 1,
    },
    [appField(appName)]: 1,
  };
}

/** Workers of an app that count: not those on which nothing of a deleted one is left. */
export function counted({ app_name, deleted }: AppView): Filter[] {
  const left = [
    { [appField(app_name, 'deleted')]: false },
    { [appField(app_name, 'state')]: { $ne: 'converged' } },
  ];
  return deleted ? [{ app_names: app_name }, { $or: left }] : [{ app_names: app_name }];
}

/** Workers of an app whose time to converge on the desired position is known. Of a tombstone nobody is told. */
export function timed({ app_name, position }: AppView): Filter[] {
  return [
    { app_names: app_name },
    { [appField(app_name, 'epoch')]: position.epoch, [appField(app_name, 'revision')]: position.revision },
    { [appField(app_name, 'took_ms')]: { $ne: null } },
  ];
}

/** As `fleetState` says it of one worker. */
export function inState({ app_name, position, silence }: AppView, state: FleetState): Filter[] {
  const field = (name: string) => appField(app_name, name);
  switch (state) {
    case 'offline':
      return [offline(silence)];
    case 'converged':
    case 'failed':
      return [
        online(silence),
        {
          [field('epoch')]: position.epoch,
          [field('revision')]: position.revision,
          [field('state')]: state,
        },
      ];
    case 'converging': {
      const elsewhere = [
        { [field('epoch')]: { $ne: position.epoch } },
        { [field('revision')]: { $ne: position.revision } },
      ];
      return [online(silence), { $or: [...elsewhere, { [field('state')]: 'converging' }] }];
    }
  }
}

/** As `isOffline` says it of one worker. */
export function offline({ now, listened_ms }: Silence): Filter {
  return { silent_at: { $lte: now }, patience_ms: { $lte: listened_ms } };
}

export function online({ now, listened_ms }: Silence): Filter {
  return { $or: [{ silent_at: { $gt: now } }, { patience_ms: { $gt: listened_ms } }] };
}

/** Workers of a page of all of them. */
export function workersAsked({ silence, state, app, label, after }: WorkerPageQuery): Filter[] {
  return [
    ...(after === undefined ? [] : [{ _id: { $gt: after } }]),
    ...(state === undefined ? [] : [state === 'offline' ? offline(silence) : online(silence)]),
    ...(app === undefined ? [] : [{ app_names: app }]),
    ...(label === undefined ? [] : [{ labels: labelText(label) }]),
  ];
}

/** Workers of a page of an app's, and their order. */
export function appAsked(
  view: AppView,
  { state, order }: AppPageQuery,
): { filters: Filter[]; sort: IndexKeys } {
  const ofState = state === undefined ? [] : inState(view, state);
  if (order.by === 'worker_id') {
    const rest = order.after === undefined ? [] : [{ _id: { $gt: order.after } }];
    return { filters: [...counted(view), ...ofState, ...rest], sort: { _id: 1 } };
  }
  const took = appField(view.app_name, 'took_ms');
  const rest = order.after && {
    $or: [
      { [took]: { $lt: order.after.took_ms } },
      { [took]: order.after.took_ms, _id: { $gt: order.after.worker_id } },
    ],
  };
  return { filters: [...timed(view), ...ofState, ...(rest ? [rest] : [])], sort: { [took]: -1, _id: 1 } };
}
