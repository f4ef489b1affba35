/**
 * Which program serves as the database of the tests. No package registry has a mongod, so it is the first of: one
 * on the PATH, one that mongodb-memory-server downloads, FerretDB built by the machine's Go.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildFerretdb } from './ferretdb-build.mjs';

const FOLDER = join(import.meta.dirname, '..', '..', '.test', 'mongo');
const CHOICE_FILE = join(FOLDER, 'choice.json');

/** What is not there yet can be a while later. Where nothing can be downloaded, trying it takes 8 s. */
const CHOICE_AGE_MS = 3_600_000;

/** A download that works takes a minute. */
const DOWNLOAD_LIMIT_MS = 5 * 60_000;

/**
 * @typedef {object} MongoProgram
 * @property {'mongod' | 'FerretDB'} kind
 * @property {string} program path
 */

/** @typedef {{ run: string | null, at: number, kind: MongoProgram['kind'] }} Choice */

/** @type {(text: string) => Choice} */
const parseChoice = JSON.parse;

/**
 * @param {(line: string) => void} say is told once in a run of the tests which it is
 * @returns {Promise<MongoProgram>}
 * @throws {Error} with what to do when none can be had
 */
export async function mongoProgram(say) {
  const run = process.env['NEBULA_TEST_RUN'] ?? null;
  const before = lastChoice();
  const known = before && (before.run === run || run === null) ? before.kind : null;
  const found = onPath() ?? downloaded(known !== 'FerretDB') ?? (await ferretdb(say));
  if (known !== found.kind) {
    say(`The database of these tests is ${found.kind} (${found.program}).`);
    writeChoice({ run, at: Date.now(), kind: found.kind });
  }
  return found;
}

/** @returns {MongoProgram | null} */
function onPath() {
  const folders = (process.env['PATH'] ?? '').split(':').filter((folder) => folder !== '');
  const program = folders.map((folder) => join(folder, 'mongod')).find((path) => existsSync(path));
  return program ? { kind: 'mongod', program } : null;
}

/**
 * @param {boolean} mayTry
 * @returns {MongoProgram | null}
 */
function downloaded(mayTry) {
  if (!mayTry) return null;
  const script = join(import.meta.dirname, 'download-mongod.mjs');
  const { status, stdout } = spawnSync(process.execPath, [script, join(FOLDER, 'mongod')], {
    encoding: 'utf8',
    timeout: DOWNLOAD_LIMIT_MS,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const program = stdout.trim();
  return status === 0 && existsSync(program) ? { kind: 'mongod', program } : null;
}

/**
 * @param {(line: string) => void} say
 * @returns {Promise<MongoProgram>}
 */
async function ferretdb(say) {
  return { kind: 'FerretDB', program: await buildFerretdb(FOLDER, say) };
}

/** @returns {Choice | null} */
function lastChoice() {
  try {
    const choice = parseChoice(readFileSync(CHOICE_FILE, 'utf8'));
    return Date.now() - choice.at < CHOICE_AGE_MS ? choice : null;
  } catch {
    return null;
  }
}

/** @param {Choice} choice */
function writeChoice(choice) {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(CHOICE_FILE, JSON.stringify(choice));
}
