/**
 * The table of the fields of a spec in docs/app-spec.md, from the schema.
 */
import { join } from 'node:path';
import { SPEC_FIELDS, specDefaults } from '@nebula/contracts';

export const SPEC_PAGE = join(import.meta.dirname, '..', '..', 'docs', 'app-spec.md');

const BEGIN = '<!-- fields: written by tools/docs/write-spec-table.mjs -->';
const END = '<!-- end of fields -->';

/** @returns {string} Markdown */
export function specTable() {
  const defaults = /** @type {Record<string, unknown>} */ ({ ...specDefaults() });
  const rows = Object.entries(SPEC_FIELDS).map(([field, { meaning, example, ...effects }]) => {
    const byDefault = field in defaults ? code(defaults[field]) : 'required';
    return `| \`${field}\` | ${byDefault} | ${escaped(meaning)} | ${code(example)} | ${effect(effects)} |`;
  });
  return ['| field | default | meaning | example | a change |', '|---|---|---|---|---|', ...rows].join('\n');
}

/**
 * @param {string} page
 * @returns {string} the page with the table as it is now
 * @throws {Error} when the page has no place for it
 */
export function withSpecTable(page) {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`The page must have the lines "${BEGIN}" and "${END}".`);
  return `${page.slice(0, begin)}${BEGIN}\n${specTable()}\n${page.slice(end)}`;
}

/** @param {{ change: string, members?: Readonly<Record<string, string>> }} effects */
function effect({ change, members = {} }) {
  const others = Object.entries(members).map(([member, other]) => `; \`${member}\`: ${other}`);
  return `${change}${others.join('')}`;
}

/** @param {unknown} value */
function code(value) {
  return `\`${escaped(spaced(value))}\``;
}

/**
 * JSON with blanks as people write them.
 * @param {unknown} value
 * @returns {string}
 */
function spaced(value) {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}: ${spaced(member)}`);
  return `{${members.join(', ')}}`;
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll('|', '\\|');
}
