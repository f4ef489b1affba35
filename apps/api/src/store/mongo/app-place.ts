import { APP_STATES, type AppState, type Position, UPDATE_STATES } from '@nebula/contracts';
import type { AppOnWorker } from '../fleet-records.js';

/** What is asked for of an app on a worker: the position that it has, and how it is there. */
export type AppPlace = Pick<AppOnWorker, 'epoch' | 'revision' | 'state' | 'deleted'>;

/** What else is counted of it. */
export type AppBuild = Pick<AppOnWorker, 'update' | 'image_ids'>;

/** Of a worker of which no report has said so. */
export const NOTHING_TOLD: AppBuild = { update: null, image_ids: [] };

/** Ends the key of a tombstone's place. */
const DELETED = ':deleted';

/** Of an app that is deleted, and of which nothing is left on the worker. */
export const GONE = new RegExp(`:converged${DELETED}$`);

/** A place as one text, `epoch:revision:state` or `epoch:revision:state:deleted`. */
export function placeKey({ epoch, revision, state, deleted }: AppPlace): string {
  return `${epoch}:${revision}:${state}${deleted ? DELETED : ''}`;
}

export function readPlaceKey(key: string): AppPlace {
  const [epoch, revision, state, deleted] = key.split(':');
  return {
    epoch: Number(epoch),
    revision: Number(revision),
    state: APP_STATES.find((one) => one === state) ?? 'converging',
    deleted: deleted !== undefined,
  };
}

/** How the newest change of an app is on a worker, and the images that it has there, as one text: `done|sha256:…,sha256:…`. */
export function buildKey({ update, image_ids }: AppBuild): string {
  return `${update ?? ''}|${image_ids.join()}`;
}

export function readBuildKey(key: string): AppBuild {
  const [state, ids = ''] = key.split('|');
  return {
    update: UPDATE_STATES.find((one) => one === state) ?? null,
    image_ids: ids === '' ? [] : ids.split(','),
  };
}

/** The keys of all places at a position that are in one of these states, in all when none are given. */
export function placeKeysAt(position: Position, states: readonly AppState[] = APP_STATES): string[] {
  return states.flatMap((state) =>
    [false, true].map((deleted) =>
      placeKey({ epoch: position.epoch, revision: position.revision, state, deleted }),
    ),
  );
}
