/**
 * Versions of Node beside the one that runs, from the packages in which npm has them.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '..', '..', '.test', 'node');

/** Those that Nebula supports beside 20. */
export const OTHER_NODES = /** @type {const} */ (['22.23.3', '24.21.0']);

/**
 * @param {string} version
 * @returns {Promise<string>} path of the program; installed once
 * @throws {Error} with what npm says
 */
export async function otherNode(version) {
  const name = `node-${process.platform}-${process.arch}`;
  const folder = join(FOLDER, version);
  const program = join(folder, 'node_modules', name, 'bin', 'node');
  if (existsSync(program)) return program;
  const unfinished = join(FOLDER, `unfinished-${process.pid}`);
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  await npmInstall(unfinished, `${name}@${version}`);
  await rm(folder, { recursive: true, force: true });
  await rename(unfinished, folder);
  return program;
}

/**
 * @param {string} folder
 * @param {string} name with a version
 */
async function npmInstall(folder, name) {
  const npm = spawn('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--prefix', folder, name], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  npm.stderr.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
    said += text;
  });
  const [code] = /** @type {[number | null]} */ (await once(npm, 'close'));
  if (code !== 0) throw new Error(`npm install ${name} ended with ${code}:\n${said.trim()}`);
}
