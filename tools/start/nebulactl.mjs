/**
 * npm run nebulactl -- …: the command line of these sources, which is bundled anew only when they have changed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { prepare } from './prepare.mjs';

const PROJECT = join(import.meta.dirname, '..', '..');
const FOLDER = join(PROJECT, 'apps', 'nebulactl', 'dist');
const BUNDLE = join(FOLDER, 'nebulactl.mjs');

const SOURCES = ['apps/nebulactl/src', 'libs/sdk/src', 'libs/yaml/src'].map((folder) =>
  join(PROJECT, folder),
);

if (!isCurrent()) {
  await prepare({ build: false });
  const { bundleCommandLine } = await import('../bundle/bundle-command-line.mjs');
  await mkdir(FOLDER, { recursive: true });
  await bundleCommandLine(FOLDER);
}
const { status } = spawnSync(process.execPath, [BUNDLE, ...process.argv.slice(2)], {
  // npm runs scripts in the folder of the project; paths are those of who calls.
  cwd: process.env['INIT_CWD'] ?? process.cwd(),
  stdio: 'inherit',
});
process.exitCode = status ?? 1;

function isCurrent() {
  if (!existsSync(BUNDLE)) return false;
  const made = statSync(BUNDLE).mtimeMs;
  return SOURCES.every((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).every(
      (name) => statSync(join(folder, name)).mtimeMs <= made,
    ),
  );
}
