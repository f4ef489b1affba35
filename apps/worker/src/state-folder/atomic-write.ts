import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Replaces a file so that after a crash or a power failure it has either its old or its new content, whole.
 * Only the owner may read it. The name of the passing file begins with a dot and ends with `.tmp`. The folder is made
 * where somebody has removed it.
 *
 * @throws {NodeJS.ErrnoException} when it can't be written, for example because the disk is full; the old
 * content is then still there.
 */
export async function atomicWrite(path: string, text: string): Promise<void> {
  try {
    await replaceFile(path, text);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await replaceFile(path, text);
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  const folder = dirname(path);
  const passing = join(folder, `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const file = await open(passing, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(passing, path);
  } catch (error) {
    await rm(passing, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncFolder(folder);
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
