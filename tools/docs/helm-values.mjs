/**
 * What of the Helm chart follows from elsewhere: the table of the values in its README from values.yaml, and the keys of
 * `api.config`, `worker.config` and a region in values.schema.json from the configuration of the programs.
 */
import { join } from 'node:path';
import { isMap, isNode, isScalar, parseDocument } from 'yaml';

/** @import { Key } from '@nebula/configuration' */
/** @import { YAMLMap } from 'yaml' */

const CHART = join(import.meta.dirname, '..', '..', 'deploy', 'helm', 'nebula');

export const VALUES_FILE = join(CHART, 'values.yaml');
export const SCHEMA_FILE = join(CHART, 'values.schema.json');
export const CHART_PAGE = join(CHART, 'README.md');

const BEGIN = '<!-- values: written by tools/docs/write-helm-values.mjs -->';
const END = '<!-- end of values -->';

/** Keys that the chart sets by other values of its own, or that are not for a container. */
const SET_BY_CHART = new Set([
  ...['app_name', 'worker_id', 'worker_port', 'state_dir', 'docker_host', 'docker_config'],
  ...['api_port', 'mongo_url', 'sqlite_file', 'tls_cert', 'tls_key'],
  ...['rabbit_host', 'rabbit_port', 'rabbit_user', 'rabbit_vhost'],
  ...['rabbit_ssl', 'rabbit_ssl_ca', 'rabbit_ssl_cert', 'rabbit_ssl_key', 'rabbit_ssl_verify'],
]);

/**
 * The schema of the keys of a program's configuration that may stand in the values: those that are neither secret nor
 * set by the chart.
 *
 * @param {Readonly<Record<string, Key>>} keys
 */
export function configSchema(keys) {
  const entries = Object.entries(keys).filter(([name, key]) => !key.secret && !SET_BY_CHART.has(name));
  const properties = Object.fromEntries(entries.map(([name, key]) => [name, keySchema(key)]));
  return { type: 'object', additionalProperties: false, properties };
}

/** Keys of a region that the chart sets itself. */
const FILES_OF_REGION = new Set(['rabbit_ssl_ca', 'rabbit_ssl_cert', 'rabbit_ssl_key']);

/**
 * The schema of one of `rabbit.regions`: the keys of a region that are neither secret nor files, and its Secret.
 *
 * @param {Readonly<Record<string, Key>>} keys
 */
function regionSchema(keys) {
  const entries = Object.entries(keys).filter(([name, key]) => !key.secret && !FILES_OF_REGION.has(name));
  const secretName = {
    type: 'string',
    pattern: '^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?)?$',
    description: 'a Secret that is there already, with the passwords of this region',
  };
  const properties = {
    secretName,
    ...Object.fromEntries(entries.map(([name, key]) => [name, keySchema(key)])),
  };
  return { type: 'object', additionalProperties: false, properties };
}

/** @param {Key} key */
function keySchema(key) {
  const { description } = key;
  switch (key.kind) {
    case 'list':
      return { type: 'array', items: { type: 'string' }, description };
    case 'string':
      return { type: 'string', ...(key.allowed ? { enum: key.allowed } : {}), description };
    case 'integer':
    case 'number':
      return {
        type: key.kind,
        ...(key.min === undefined ? {} : { minimum: key.min }),
        ...(key.max === undefined ? {} : { maximum: key.max }),
        description,
      };
    case 'boolean':
    case 'object':
      return { type: key.kind, description };
  }
}

/**
 * @param {string} schema text of values.schema.json
 * @param {{ api: Readonly<Record<string, Key>>, worker: Readonly<Record<string, Key>>, region: Readonly<Record<string, Key>> }} keys
 * @returns {string} the same with the keys of these programs, and of a region
 */
export function withConfigKeys(schema, keys) {
  const parsed = /** @type {{ $defs: Record<string, unknown> }} */ (JSON.parse(schema));
  parsed.$defs['apiConfig'] = configSchema(keys.api);
  parsed.$defs['workerConfig'] = configSchema(keys.worker);
  parsed.$defs['region'] = regionSchema(keys.region);
  return `${JSON.stringify(parsed, null, 2)}\n`;
}

/**
 * @typedef {object} ChartValue one that is not taken apart further
 * @property {string} path like `api.image.tag`
 * @property {unknown} byDefault
 * @property {string} meaning what stands above it; empty when nothing does
 */

/**
 * The values of a chart. A map is one value when it is empty or has a comment of its own, else its members are.
 *
 * @param {string} text of values.yaml
 * @returns {ChartValue[]}
 */
export function chartValues(text) {
  const { contents } = parseDocument(text);
  if (!isMap(contents)) throw new Error('The values must be a map.');
  return members(contents, '');
}

/**
 * @param {YAMLMap} map
 * @param {string} prefix
 * @returns {ChartValue[]}
 */
function members(map, prefix) {
  return map.items.flatMap(({ key, value }, index) => {
    const path = `${prefix}${isScalar(key) ? String(key.value) : ''}`;
    const own = isScalar(key) ? key.commentBefore : undefined;
    // The parser gives what stands above the first member to the map.
    const comment = (index === 0 ? map.commentBefore : null) ?? own ?? '';
    // What is set apart by an empty line is about something else.
    const lines = (comment.split('\n\n').at(-1) ?? '').split('\n');
    const meaning = lines
      .map((line) => line.trim())
      .join(' ')
      .trim();
    if (isMap(value) && value.items.length > 0 && meaning === '') return members(value, `${path}.`);
    const byDefault = isNode(value) ? /** @type {unknown} */ (value.toJSON()) : null;
    return [{ path, byDefault, meaning }];
  });
}

/**
 * @param {string} page README.md of the chart
 * @param {string} values text of values.yaml
 * @returns {string} the page with the table of these values
 * @throws {Error} when the page has no place for it
 */
export function withValuesTable(page, values) {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`The page must have the lines "${BEGIN}" and "${END}".`);
  const rows = chartValues(values).map(
    ({ path, byDefault, meaning }) =>
      `| \`${path}\` | \`${JSON.stringify(byDefault).replaceAll('|', '\\|')}\` | ${meaning.replaceAll('|', '\\|')} |`,
  );
  const table = ['| value | default | meaning |', '|---|---|---|', ...rows].join('\n');
  return `${page.slice(0, begin)}${BEGIN}\n${table}\n${page.slice(end)}`;
}
