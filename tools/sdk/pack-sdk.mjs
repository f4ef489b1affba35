/**
 * The SDK as others install it: a package of its own, with nothing in it that only this workspace understands.
 */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { npmPack } from '../build/npm-pack.mjs';

const PROJECT = join(import.meta.dirname, '..', '..');
const SDK = join(PROJECT, 'libs', 'sdk');

/**
 * @typedef {object} Manifest
 * @property {string} name
 * @property {string} version
 * @property {string} description
 * @property {string} license
 * @property {{ '.': Record<string, unknown> } & Record<string, unknown>} exports
 */

/**
 * Packs what is built.
 * @param {string} target folder
 * @returns {Promise<string>} path of the archive
 */
export async function packSdk(target) {
  const folder = await mkdtemp(join(tmpdir(), 'nebula-sdk-'));
  try {
    await writeFile(join(folder, 'package.json'), `${JSON.stringify(await manifest(), null, 2)}\n`);
    await cp(join(SDK, 'dist'), join(folder, 'dist'), { recursive: true });
    for (const [from, to] of [
      [join(SDK, 'openapi.json'), 'openapi.json'],
      [join(SDK, 'README.md'), 'README.md'],
      [join(PROJECT, 'LICENSE'), 'LICENSE'],
    ]) {
      await cp(from ?? '', join(folder, to ?? ''));
    }
    return await npmPack(folder, target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What the package says of itself to strangers. */
async function manifest() {
  const { name, version, description, license, exports } = /** @type {Manifest} */ (
    JSON.parse(await readFile(join(SDK, 'package.json'), 'utf8'))
  );
  const { source: _source, ...published } = exports['.'];
  return {
    ...{ name, version, description, license, type: 'module', sideEffects: false },
    engines: { node: '>=20.19' },
    exports: { ...exports, '.': published, './package.json': './package.json' },
    // For tools that don't know `exports`.
    ...{ main: './dist/cjs/index.js', module: './dist/esm/index.js', types: './dist/cjs/index.d.ts' },
    files: ['dist', 'openapi.json'],
  };
}
