import { chmod, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAppName } from '@nebula/contracts';

const ENDING = '.json';

/**
 * The newest message of each app, one file each (0600) in a folder of its own (0700), since a desired state
 * holds environment values. One process at a time writes to it, and each app's files one after the other.
 */
export class RetainedMessages {
  constructor(private readonly folder: string) {}

  /**
   * Replaces an app's message so that after a crash or the loss of power either the old or the new one is there,
   * whole.
   * @throws {NodeJS.ErrnoException} when it can't be written; the old one is then still there
   */
  async write(appName: string, text: string): Promise<void> {
    const path = this.path(appName);
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await chmod(this.folder, 0o700);
    // No app's name begins with a dot. What a crash has left here is overwritten by the next message.
    const passing = join(this.folder, `.${appName}.tmp`);
    await writeSafely(passing, text);
    await rename(passing, path);
    await syncFolder(this.folder);
  }

  /** Text of an app's message, null when there is none. */
  async read(appName: string): Promise<string | null> {
    try {
      return await readFile(this.path(appName), 'utf8');
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  /** Removes an app's message, if it has one. */
  async remove(appName: string): Promise<void> {
    await rm(this.path(appName), { force: true });
    await syncFolder(this.folder);
  }

  /** Names of the apps that have a message. */
  async names(): Promise<string[]> {
    try {
      const files = (await readdir(this.folder)).filter((name) => name.endsWith(ENDING));
      return files.map((name) => name.slice(0, -ENDING.length)).filter((name) => parseAppName(name).ok);
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  /** A name that isn't an app's could lead out of the folder. */
  private path(appName: string): string {
    if (!parseAppName(appName).ok) throw new Error(`${JSON.stringify(appName)} is no name of an app`);
    return join(this.folder, `${appName}${ENDING}`);
  }
}

async function writeSafely(path: string, text: string): Promise<void> {
  // Made anew, so that no rights of an older file stay.
  await rm(path, { force: true });
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The new name is safe only when its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isMissing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}
