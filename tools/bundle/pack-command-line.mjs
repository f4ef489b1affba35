/**
 * The command line as others install it: a package with one file, which needs no other package.
 */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { npmPack } from '../build/npm-pack.mjs';
import { bundleCommandLine } from './bundle-command-line.mjs';

const PROJECT = join(import.meta.dirname, '..', '..');
const COMMAND_LINE = join(PROJECT, 'apps', 'nebulactl');

/**
 * @param {string} target folder
 * @returns {Promise<string>} path of the archive
 */
export async function packCommandLine(target) {
  const folder = await mkdtemp(join(tmpdir(), 'nebula-nebulactl-'));
  try {
    await bundleCommandLine(folder);
    await writeFile(join(folder, 'package.json'), `${JSON.stringify(await manifest(), null, 2)}\n`);
    await cp(join(COMMAND_LINE, 'README.md'), join(folder, 'README.md'));
    await cp(join(PROJECT, 'LICENSE'), join(folder, 'LICENSE'));
    return await npmPack(folder, target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What the package says of itself to strangers. */
async function manifest() {
  const { name, version, description, license } = /** @type {Record<string, string>} */ (
    JSON.parse(await readFile(join(COMMAND_LINE, 'package.json'), 'utf8'))
  );
  return {
    ...{ name, version, description, license, type: 'module' },
    engines: { node: '>=20.19' },
    bin: { nebulactl: 'nebulactl.mjs' },
    files: ['nebulactl.mjs'],
  };
}
