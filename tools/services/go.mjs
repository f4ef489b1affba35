/**
 * Programs for tests that are built by the machine's Go, from modules of ours.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { candidateVersion, ensurePackages, hasApt } from '../engine/packages.mjs';
import { madeOnce } from './made-once.mjs';

const GO_PACKAGE = 'golang-go';

/** From this version on Go fetches the newer one that the module asks for. */
const OLDEST_GO = 21;

/** Holds the built programs, a folder for each module. */
const BUILT = join(import.meta.dirname, '..', '..', '.test', 'go');

/**
 * Builds programs of a module, each without anything of C, so that they run in any image.
 *
 * @param {object} module
 * @param {string} module.name of the folder that they are kept in
 * @param {string} module.sources folder with go.mod and go.sum
 * @param {Record<string, string>} module.programs the package of each by its name, `.` for that of the module itself
 * @param {(line: string) => void} say
 * @param {string} [into] folder for the built programs of all modules
 * @returns {Promise<string>} folder with the programs; built only when the sources have changed
 * @throws {Error} with what to do when there is no Go, or with what it says
 */
export async function buildGoPrograms({ name, sources, programs }, say, into = BUILT) {
  const names = Object.keys(programs).join(' and ');
  return await madeOnce(join(into, name, sourcesHash(sources, JSON.stringify(programs))), '', async (own) => {
    await ensureGo(say, `These tests need ${names}. Install Go 1.24 or later, so that it is on the PATH`);
    say(`Building ${names} for the tests, once; this takes some minutes …`);
    const build = join(own, 'sources');
    cpSync(sources, build, { recursive: true });
    const built = join(own, 'programs');
    mkdirSync(built);
    for (const [program, path] of Object.entries(programs))
      await go(build, ['build', '-trimpath', '-ldflags=-s -w', '-o', join(built, program), path]);
    return built;
  });
}

/**
 * @param {string} folder
 * @param {string} more text that counts, too
 */
export function sourcesHash(folder, more) {
  const hash = createHash('sha256').update(more);
  for (const name of readdirSync(folder).sort()) hash.update(name).update(readFileSync(join(folder, name)));
  return hash.digest('hex').slice(0, 12);
}

/**
 * @param {(line: string) => void} say
 * @param {string} advice what to do when there is none and none can be installed
 */
export async function ensureGo(say, advice) {
  // The environment is named, so that a change of it counts where this runs inside a sandbox of Jest.
  const { stdout } = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8', env: process.env });
  if (goMinor(stdout ?? '') >= OLDEST_GO) return;
  const offered = hasApt() ? goMinor(candidateVersion(GO_PACKAGE) ?? '') : 0;
  if (offered < OLDEST_GO) {
    const tooOld = offered > 0 ? ` (the package ${GO_PACKAGE} of this system is only 1.${offered})` : '';
    throw new Error(`${advice}${tooOld}.`);
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
export function go(folder, args) {
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
