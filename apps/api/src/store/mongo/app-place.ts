import { APP_STATES, type AppState, type Position } from '@nebula/contracts';
import type { AppOnWorker } from '../fleet-records.js';

/** What is asked for of an app on a worker: the position that it has, and how it is there. */
export type AppPlace = Pick<AppOnWorker, 'epoch' | 'revision' | 'state' | 'deleted'>;

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

/** The keys of all places at a position that are in one of these states, in all when none are given. */
export function placeKeysAt(position: Position, states: readonly AppState[] = APP_STATES): string[] {
  return states.flatMap((state) =>
    [false, true].map((deleted) =>
      placeKey({ epoch: position.epoch, revision: position.revision, state, deleted }),
    ),
  );
}
