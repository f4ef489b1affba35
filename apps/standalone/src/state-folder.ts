import { randomUUID } from 'node:crypto';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { StartError } from '@nebula/lifecycle';

/** Where everything is that must outlive the process. Absolute paths. */
export interface StateFolder {
  path: string;
  /** The SQLite file. */
  database: string;
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
    feed: join(path, 'feed'),
    worker: join(path, 'worker'),
    engine: join(path, 'engine'),
    claims: join(path, 'claims'),
  };
}

/**
 * Makes the folder where it is missing, for its owner alone, since the values of environment variables are kept
 * in it.
 * @throws {StartError} when it can't be written to
 */
export async function openStateFolder(stateDir: string): Promise<StateFolder> {
  const folder = stateFolderAt(stateDir);
  try {
    for (const path of [folder.path, folder.feed, folder.worker, folder.claims]) {
      await mkdir(path, { recursive: true, mode: 0o700 });
    }
    await chmod(folder.path, 0o700);
    // Rights alone don't tell: the file system may be full or mounted for reading.
    const probe = join(folder.path, `.probe-${randomUUID()}`);
    await writeFile(probe, 'probe', { mode: 0o600 });
    await rm(probe);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError(
      [
        `state_dir: ${folder.path} can't be written to (${reason}); name a folder that this user may write to`,
      ],
      undefined,
      { cause: error },
    );
  }
  return folder;
}
