/**
 * Builds FerretDB, a server that speaks MongoDB's wire protocol, from a Go module of ours.
 */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PATCHES } from './ferretdb-patches.mjs';
import { ensureGo, go, sourcesHash } from './go.mjs';
import { madeOnce } from './made-once.mjs';

const SOURCES = join(import.meta.dirname, 'ferretdb');
const ADVICE =
  'These tests need a database. Install mongod or Go 1.24 or later, so that it is on the PATH, or set MONGO_URL to the address of a MongoDB that they may use, like mongodb://127.0.0.1:27017';

/**
 * @param {string} folder for the program
 * @param {(line: string) => void} say
 * @returns {Promise<string>} path of the program; built only when the sources have changed
 * @throws {Error} with what to do when there is no Go, or with what it says
 */
export async function buildFerretdb(folder, say) {
  const program = join(folder, `ferretdb-${sourcesHash(SOURCES, JSON.stringify(PATCHES))}`);
  return await madeOnce(program, 'ferretdb-', async (own) => {
    await ensureGo(say, ADVICE);
    say('Building FerretDB for the tests, once; this takes a minute or two …');
    const build = join(own, 'sources');
    cpSync(SOURCES, build, { recursive: true });
    await go(build, ['mod', 'vendor']);
    for (const patch of PATCHES) apply(patch, join(build, 'vendor', 'github.com', 'FerretDB', 'FerretDB'));
    const unfinished = join(build, 'ferretdb');
    await go(build, ['build', '-mod=vendor', '-trimpath', '-o', unfinished, '.']);
    return unfinished;
  });
}

/**
 * @param {typeof PATCHES[number]} patch
 * @param {string} folder of FerretDB
 */
function apply({ file, from, to }, folder) {
  const path = join(folder, file);
  const parts = readFileSync(path, 'utf8').split(from);
  if (parts.length < 2) throw new Error(`FerretDB has changed: there is no "${from}" in ${file}`);
  writeFileSync(path, parts.join(to));
}
