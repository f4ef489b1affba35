import { join, resolve } from 'node:path';
import { openPrivateFolder } from '@nebula/lifecycle';

/** Where everything is that must outlive the process. Absolute paths. */
export interface StateFolder {
  path: string;
  /** The SQLite file. */
  database: string;
  /** The keys for the values of secrets in it. */
  secret_keys: string;
  /** The newest desired state per app, as the in-process broker retains it. */
  feed: string;
  /** What the worker remembers. */
  worker: string;
  /** The Docker Engine that `npm start` set up, if it did. */
  engine: string;
  /** Claims on this folder, one file per process. */
  claims: string;
}

export function stateFolderAt(stateDir: string): StateFolder {
  const path = resolve(stateDir);
  return {
    path,
    database: join(path, 'nebula.db'),
    secret_keys: join(path, 'secret-keys'),
    feed: join(path, 'feed'),
    worker: join(path, 'worker'),
    engine: join(path, 'engine'),
    claims: join(path, 'claims'),
  };
}

/**
 * Makes the folder where it is missing, for its owner alone.
 * @throws {StartError} when it can't be written to
 */
export async function openStateFolder(stateDir: string): Promise<StateFolder> {
  const folder = stateFolderAt(stateDir);
  await openPrivateFolder('state_dir', folder.path, [folder.feed, folder.worker, folder.claims]);
  return folder;
}
