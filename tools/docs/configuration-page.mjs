/**
 * The tables of the configuration of api and worker in docs/configuration.md, from the programs' own tables of keys.
 */
import { API_KEYS } from '@nebula/api';
import { WORKER_KEYS } from '@nebula/worker';
import { join } from 'node:path';

/** @import { Key } from '@nebula/configuration' */

export const CONFIGURATION_PAGE = join(import.meta.dirname, '..', '..', 'docs', 'configuration.md');

const PROGRAMS = { api: API_KEYS, worker: WORKER_KEYS };

/**
 * @param {string} page
 * @returns {string} the page with the tables as they are now
 * @throws {Error} when the page has no place for one
 */
export function withConfigurationTables(page) {
  return Object.entries(PROGRAMS).reduce((text, [program, keys]) => {
    const begin = `<!-- ${program}: written by tools/docs/write-configuration.mjs -->`;
    const end = `<!-- end of ${program} -->`;
    const from = text.indexOf(begin);
    const to = text.indexOf(end);
    if (from < 0 || to < from) throw new Error(`The page must have the lines "${begin}" and "${end}".`);
    return `${text.slice(0, from)}${begin}\n${table({ ...keys })}\n${text.slice(to)}`;
  }, page);
}

/** @param {Readonly<Record<string, Key>>} keys */
function table(keys) {
  const rows = Object.entries(keys).map(([name, key]) => {
    const place = key.env_only === true ? `\`${name.toUpperCase()}\` (environment alone)` : `\`${name}\``;
    const secret = key.secret === true ? '; a secret' : '';
    return `| ${place} | ${byDefault(key)} | ${escaped(key.description)}${limits(key)}${secret} |`;
  });
  return ['| key | default | meaning |', '|---|---|---|', ...rows].join('\n');
}

/** @param {Key} key */
function byDefault(key) {
  if (key.default === undefined) return 'must be set';
  if (key.kind === 'object') return 'not set';
  const text = key.kind === 'list' ? key.default.join(',') : String(key.default);
  return text === '' ? 'not set' : `\`${text}\``;
}

/** @param {Key} key */
function limits(key) {
  if ('allowed' in key && key.allowed) return ` (${key.allowed.map((value) => `\`${value}\``).join(', ')})`;
  if (key.kind !== 'integer' && key.kind !== 'number') return '';
  if (key.min !== undefined && key.max !== undefined) return ` (${key.min} to ${key.max})`;
  return key.min === undefined ? '' : ` (at least ${key.min})`;
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll('|', '\\|');
}
