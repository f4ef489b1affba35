/**
 * The OpenAPI document and what is generated from it: which files there have to be, and which there are.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { createClient } from '@hey-api/openapi-ts';
import { openApiDocument } from './openapi-document.mjs';

const PROJECT = join(import.meta.dirname, '..', '..');
const SDK = join(PROJECT, 'libs', 'sdk');

/** What is generated: this file, and whatever is in this folder. */
const DOCUMENT = 'openapi.json';
const SOURCES = join('src', 'generated');

/** The generator's own parts of the SDK, which the strictest settings of the compiler complain about. */
const NOT_CHECKED = /^src\/generated\/(client|core)\//;

/** Texts by path from the root of the project. @typedef {Map<string, string>} Files */

/** @returns {Promise<Files>} what there has to be */
export async function wantedFiles() {
  const document = await openApiDocument();
  // Beside the SDK, since the generator looks for a tsconfig.json above what it writes.
  await mkdir(join(PROJECT, '.test'), { recursive: true });
  const folder = await mkdtemp(join(PROJECT, '.test', 'sdk-'));
  try {
    await writeFile(join(folder, DOCUMENT), document);
    await createClient({
      input: join(folder, DOCUMENT),
      output: { path: join(folder, SOURCES), importFileExtension: '.js' },
      logs: { level: 'silent', file: false },
      plugins: [
        { name: '@hey-api/client-fetch', throwOnError: true },
        '@hey-api/typescript',
        // The client is always given: there is no hidden one that all share.
        { name: '@hey-api/sdk', responseStyle: 'data', client: false },
      ],
    });
    return new Map([...(await filesIn(folder))].map(([path, text]) => [path, unchecked(path, text)]));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * @param {string} path
 * @param {string} text
 */
function unchecked(path, text) {
  return NOT_CHECKED.test(relative(join('libs', 'sdk'), path)) ? `// @ts-nocheck\n${text}` : text;
}

/** @returns {Promise<Files>} what there is */
export function presentFiles() {
  return filesIn(SDK);
}

/**
 * @param {Files} wanted
 * @param {Files} present
 * @returns {string[]} paths of the files that are missing, too many or otherwise than they have to be
 */
export function differences(wanted, present) {
  const paths = new Set([...wanted.keys(), ...present.keys()]);
  return [...paths].filter((path) => wanted.get(path) !== present.get(path)).sort();
}

/** @param {Files} files */
export async function writeFiles(files) {
  await rm(join(SDK, SOURCES), { recursive: true, force: true });
  for (const [path, text] of files) {
    await mkdir(dirname(join(PROJECT, path)), { recursive: true });
    await writeFile(join(PROJECT, path), text);
  }
}

/**
 * @param {string} folder in which they are as in that of the SDK
 * @returns {Promise<Files>}
 */
async function filesIn(folder) {
  const entries = await readdir(join(folder, SOURCES), { recursive: true, withFileTypes: true }).catch(
    () => [],
  );
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  /** @type {Files} */
  const files = new Map();
  for (const path of [join(folder, DOCUMENT), ...paths]) {
    const text = await readFile(path, 'utf8').catch(() => null);
    if (text !== null) files.set(join(relative(PROJECT, SDK), relative(folder, path)), text);
  }
  return files;
}
