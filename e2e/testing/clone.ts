import { execa } from 'execa';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The work tree that these tests belong to. */
export const REPOSITORY = join(import.meta.dirname, '..', '..');

/** A fresh clone of the last commit, in a folder of its own, with nothing installed. */
export async function freshClone(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nebula-e2e-'));
  await execa('git', ['clone', '--quiet', '--no-hardlinks', REPOSITORY, folder]);
  return folder;
}

export async function removeClone(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}
