import type { QueryFilter } from 'mongoose';
import type { AppPageQuery, AppView, FleetState, Silence, WorkerPageQuery } from '../fleet-records.js';
import { GONE, placeKeysAt } from './app-place.js';
import { toFieldName } from './field-name.js';
import type { IndexKeys } from './index-keeper.js';
import { labelText, type WorkerDocument } from './worker-document.js';

type Filter = QueryFilter<WorkerDocument>;

/** Indexes of `fleet_workers`; each query below finds an app's or a label's workers in the order of their ids. */
export const WORKER_INDEXES: readonly IndexKeys[] = [
  { app_names: 1, _id: 1 },
  { labels: 1, _id: 1 },
];

/** The path of an app in one of the fields that have something of each. */
export function appField(field: 'apps' | 'at' | 'took' | 'builds', appName: string): string {
  return `${field}.${toFieldName(appName)}`;
}

/** What of a worker is read for a row of one app. */
export function rowFields(appName: string): Record<string, 1> {
  return { record: 1, version: 1, [appField('apps', appName)]: 1 };
}

/** What of a worker is read to count it. */
export function countedFields(appName: string): Record<string, 0 | 1> {
  return {
    ...{ _id: 0, silent_at: 1, patience_ms: 1 },
    ...{ [appField('at', appName)]: 1, [appField('took', appName)]: 1, [appField('builds', appName)]: 1 },
  };
}

/** Workers of an app that count: not those on which nothing of a deleted one is left. */
export function counted({ app_name, deleted }: AppView): Filter[] {
  const listed = { app_names: app_name };
  return deleted ? [listed, { [appField('at', app_name)]: { $not: GONE } }] : [listed];
}

/** Workers of an app whose time to converge on the desired position is known. Of a tombstone nobody is told. */
function timed({ app_name, position }: AppView): Filter[] {
  return [
    { app_names: app_name },
    { [appField('at', app_name)]: { $in: placeKeysAt(position) } },
    { [appField('took', app_name)]: { $gte: 0 } },
  ];
}

/** As `fleetState` says it of one worker. */
function inState({ app_name, position, silence }: AppView, state: FleetState): Filter[] {
  const at = appField('at', app_name);
  switch (state) {
    case 'offline':
      return [offline(silence)];
    case 'converged':
    case 'failed':
      return [online(silence), { [at]: { $in: placeKeysAt(position, [state]) } }];
    case 'converging':
      return [online(silence), { [at]: { $nin: placeKeysAt(position, ['converged', 'failed']) } }];
  }
}

/** As `isOffline` says it of one worker. */
function offline({ now, listened_ms }: Silence): Filter {
  return { silent_at: { $lte: now }, patience_ms: { $lte: listened_ms } };
}

function online({ now, listened_ms }: Silence): Filter {
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
  { state, except = [], order }: AppPageQuery,
): { filters: Filter[]; sort: IndexKeys } {
  const converged = except.flatMap((position) => placeKeysAt(position, ['converged']));
  const ofState = [
    ...(state === undefined ? [] : inState(view, state)),
    ...(converged.length === 0 ? [] : [{ [appField('at', view.app_name)]: { $nin: converged } }]),
  ];
  if (order.by === 'worker_id') {
    const rest = order.after === undefined ? [] : [{ _id: { $gt: order.after } }];
    return { filters: [...counted(view), ...ofState, ...rest], sort: { _id: 1 } };
  }
  const took = appField('took', view.app_name);
  const rest = order.after && {
    $or: [
      { [took]: { $lt: order.after.took_ms } },
      { [took]: order.after.took_ms, _id: { $gt: order.after.worker_id } },
    ],
  };
  return { filters: [...timed(view), ...ofState, ...(rest ? [rest] : [])], sort: { [took]: -1, _id: 1 } };
}
