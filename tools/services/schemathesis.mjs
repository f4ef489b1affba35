/**
 * Schemathesis, which asks an api whatever its OpenAPI document lets one ask, and whatever it doesn't.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ensurePackages } from '../engine/packages.mjs';

/** Every package with its version, so that all run the same one. */
const REQUIREMENTS = join(import.meta.dirname, 'schemathesis', 'requirements.txt');
const FOLDER = join(import.meta.dirname, '..', '..', '.test', 'schemathesis');

/**
 * @param {(line: string) => void} say
 * @returns {Promise<string[]>} the command that runs it; installed only when the requirements have changed
 * @throws {Error} with what to do, or with what pip says
 */
export async function schemathesisCommand(say) {
  const hash = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 12);
  const folder = join(FOLDER, hash);
  // By the module, since the scripts of an environment know the folder in which they were made.
  const command = [join(folder, 'bin', 'python'), '-m', 'schemathesis.cli'];
  if (existsSync(folder)) return command;
  if (!hasVenv()) await ensurePackages(['python3', 'python3-venv'], say);
  say('Installing Schemathesis for the tests, once; this takes a minute …');
  mkdirSync(FOLDER, { recursive: true });
  const unfinished = join(FOLDER, `unfinished-${process.pid}`);
  rmSync(unfinished, { recursive: true, force: true });
  await run('python3', ['-m', 'venv', unfinished]);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps'];
  await run(join(unfinished, 'bin', 'python'), [...pip, '--requirement', REQUIREMENTS]);
  renameSync(unfinished, folder);
  for (const name of readdirSync(FOLDER)) {
    if (name !== basename(folder)) rmSync(join(FOLDER, name), { recursive: true, force: true });
  }
  return command;
}

function hasVenv() {
  return spawnSync('python3', ['-c', 'import venv, ensurepip']).status === 0;
}

/**
 * @param {string} program
 * @param {string[]} args
 * @returns {Promise<void>}
 */
function run(program, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
        output += text;
      });
    }
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${[program, ...args].join(' ')} ended with ${code}:\n${output.trim()}`));
    });
  });
}
