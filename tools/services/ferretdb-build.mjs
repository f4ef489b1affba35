/**
 * Builds FerretDB, a server that speaks MongoDB's wire protocol, from a Go module of ours.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { PATCHES } from './ferretdb-patches.mjs';
import { candidateVersion, ensurePackages, hasApt } from '../engine/packages.mjs';

const SOURCES = join(import.meta.dirname, 'ferretdb');
const GO_PACKAGE = 'golang-go';

/** From this version on Go fetches the newer one that the module asks for. */
const OLDEST_GO = 21;

/**
 * @param {string} folder for the program
 * @param {(line: string) => void} say
 * @returns {Promise<string>} path of the program; built only when the sources have changed
 * @throws {Error} with what to do when there is no Go, or with what it says
 */
export async function buildFerretdb(folder, say) {
  const program = join(folder, `ferretdb-${sourcesHash()}`);
  if (existsSync(program)) return program;
  await ensureGo(say);
  say('Building FerretDB for the tests, once; this takes a minute or two …');
  const build = join(folder, 'ferretdb-build');
  rmSync(build, { recursive: true, force: true });
  cpSync(SOURCES, build, { recursive: true });
  await go(build, ['mod', 'vendor']);
  for (const patch of PATCHES) apply(patch, join(build, 'vendor', 'github.com', 'FerretDB', 'FerretDB'));
  const unfinished = join(build, 'ferretdb');
  await go(build, ['build', '-mod=vendor', '-trimpath', '-o', unfinished, '.']);
  renameSync(unfinished, program);
  rmSync(build, { recursive: true });
  for (const name of readdirSync(folder)) {
    const isOlder = name.startsWith('ferretdb-') && name !== basename(program);
    if (isOlder) rmSync(join(folder, name), { recursive: true });
  }
  return program;
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

function sourcesHash() {
  const hash = createHash('sha256').update(JSON.stringify(PATCHES));
  for (const name of readdirSync(SOURCES).sort()) hash.update(name).update(readFileSync(join(SOURCES, name)));
  return hash.digest('hex').slice(0, 12);
}

/** @param {(line: string) => void} say */
async function ensureGo(say) {
  if (goMinor(spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' }).stdout ?? '') >= OLDEST_GO) return;
  const offered = hasApt() ? goMinor(candidateVersion(GO_PACKAGE) ?? '') : 0;
  if (offered < OLDEST_GO) {
    throw new Error(
      `These tests need a database. Install mongod or Go 1.24 or later, so that it is on the PATH, or set MONGO_URL to the address of a MongoDB that they may use, like mongodb://127.0.0.1:27017${offered > 0 ? ` (the package ${GO_PACKAGE} of this system is only 1.${offered})` : ''}.`,
    );
  }
  await ensurePackages([GO_PACKAGE], say);
}

/**
 * @param {string} version like `go1.24.1` or `2:1.19~1`
 * @returns {number} 24 or 19; 0 when there is none
 */
export function goMinor(version) {
  return Number(/^(?:go|\d+:)?1\.(\d+)/.exec(version)?.[1] ?? 0);
}

/**
 * @param {string} folder
 * @param {string[]} args
 * @returns {Promise<void>}
 */
function go(folder, args) {
  return new Promise((resolve, reject) => {
    const child = spawn('go', args, {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false', GOWORK: 'off' },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
        output += text;
      });
    }
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`go ${args.join(' ')} ended with ${code}:\n${output.trim()}`));
    });
  });
}
