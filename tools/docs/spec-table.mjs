/**
 * The tables of the fields of a spec, and of their members, in docs/app-spec.md, from the schema.
 */
import { join } from 'node:path';
import { changeOfMember, SPEC_FIELDS, SPEC_MEMBERS, specDefaults } from '@nebula/contracts';

export const SPEC_PAGE = join(import.meta.dirname, '..', '..', 'docs', 'app-spec.md');

/** @type {readonly (readonly [begin: string, end: string, text: () => string])[]} */
const PLACES = [
  ['<!-- fields: written by tools/docs/write-spec-table.mjs -->', '<!-- end of fields -->', specTable],
  ['<!-- members: written by tools/docs/write-spec-table.mjs -->', '<!-- end of members -->', memberTables],
];

/** @returns {string} Markdown */
export function specTable() {
  const defaults = /** @type {Record<string, unknown>} */ ({ ...specDefaults() });
  const rows = Object.entries(SPEC_FIELDS).map(([field, { meaning, example, ...effects }]) => {
    const byDefault = field in defaults ? code(defaults[field]) : 'required';
    const more = field in SPEC_MEMBERS ? ` [More](#the-field-${field}).` : '';
    return `| \`${field}\` | ${byDefault} | ${escaped(meaning)}${more} | ${code(example)} | ${effect(effects)} |`;
  });
  return ['| field | default | meaning | example | a change |', '|---|---|---|---|---|', ...rows].join('\n');
}

/** @returns {string} Markdown: a heading and a table for each field that is more than one value */
export function memberTables() {
  return Object.entries(SPEC_MEMBERS)
    .map(([name, members]) => {
      const field = /** @type {keyof typeof SPEC_FIELDS} */ (name);
      const rows = Object.entries(members).map(
        ([member, { meaning, default: byDefault, example }]) =>
          `| \`${escaped(member)}\` | ${escaped(byDefault)} | ${escaped(meaning)} | ${code(example)} | ${changeOfMember(field, member)} |`,
      );
      const head = ['| what | default | meaning | example | a change |', '|---|---|---|---|---|'];
      return [`### The field ${field}`, '', ...head, ...rows].join('\n');
    })
    .join('\n\n');
}

/**
 * @param {string} page
 * @returns {string} the page with the tables as they are now
 * @throws {Error} when the page has no place for one
 */
export function withSpecTable(page) {
  return PLACES.reduce((text, [beginning, ending, made]) => {
    const begin = text.indexOf(beginning);
    const end = text.indexOf(ending);
    if (begin < 0 || end < begin)
      throw new Error(`The page must have the lines "${beginning}" and "${ending}".`);
    return `${text.slice(0, begin)}${beginning}\n${made()}\n${text.slice(end)}`;
  }, page);
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
