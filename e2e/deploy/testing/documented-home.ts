import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Gives a machine with systemd what the pages take for granted there: what `scp` brings, in the home folder of root, a
 * Node on the path, a folder for backups, and an editor.
 * @param root of the machine, which has the bundles, the units and Node in `/opt`
 */
export async function makeHome(root: string): Promise<void> {
  const programs = join(root, 'usr-local', 'bin');
  for (const folder of [programs, join(root, 'backups')]) await mkdir(folder);
  await symlink('/opt/nebula', join(root, 'root', 'dist'));
  await symlink('/opt/systemd', join(root, 'root', 'systemd'));
  await symlink('/opt/node', join(programs, 'node'));
  // It writes what a file of the same name in the home folder has.
  const editor = '#!/bin/sh\ncat "/root/${1##*/}" >"$1"\n';
  await writeFile(join(programs, 'editor'), editor, { mode: 0o755 });
}
