/**
 * Reads the command line of `npm run bench:fleet`.
 */
import { parseArgs } from 'node:util';

export const FLEET_PARTS = /** @type {const} */ (['publish', 'fan-out', 'worker', 'reports', 'verification']);

/** @typedef {(typeof FLEET_PARTS)[number]} FleetPartName */

/**
 * @typedef {object} FleetSettings
 * @property {FleetPartName[]} parts in the order in which they are measured
 * @property {boolean} quick
 * @property {number} consumers most connections that follow one stream
 * @property {number} changes how many are measured with each number of consumers
 * @property {number} containers on the worker whose memory is measured
 * @property {number} starts how often the start of a worker is measured
 * @property {number} workers that report
 * @property {number} reportSeconds over which they do, on each database
 * @property {number} apps that are verified
 * @property {string} json path of the result
 */

/** Whole numbers that can be given, with their limits and what they are by default and with --quick. */
export const NUMBERS = /** @type {const} */ ({
  consumers: { min: 1, max: 20_000, whole: 4_000, quick: 500 },
  changes: { min: 3, max: 1_000, whole: 60, quick: 10 },
  containers: { min: 1, max: 500, whole: 50, quick: 10 },
  starts: { min: 1, max: 50, whole: 3, quick: 2 },
  workers: { min: 1, max: 100_000, whole: 10_000, quick: 1_000 },
  'report-seconds': { min: 1, max: 3_600, whole: 20, quick: 10 },
  apps: { min: 1, max: 10_000, whole: 1_000, quick: 100 },
});

const OPTIONS = /** @type {const} */ ({
  help: { type: 'boolean', short: 'h', default: false },
  quick: { type: 'boolean', default: false },
  json: { type: 'string', default: '.test/bench-fleet.json' },
  consumers: { type: 'string' },
  changes: { type: 'string' },
  containers: { type: 'string' },
  starts: { type: 'string' },
  workers: { type: 'string' },
  'report-seconds': { type: 'string' },
  apps: { type: 'string' },
});

/**
 * @param {string[]} argv what follows the script
 * @returns {import('../running/run-benchmark.mjs').Arguments<FleetSettings>}
 */
export function readFleetArguments(argv) {
  try {
    const { values, positionals } = parseArgs({ args: argv, options: OPTIONS, allowPositionals: true });
    if (values.help) return { kind: 'help' };
    /** @param {keyof typeof NUMBERS} name */
    const number = (name) => wholeNumber(name, values[name], values.quick);
    return {
      kind: 'settings',
      settings: {
        parts: partsOf(positionals),
        quick: values.quick,
        consumers: number('consumers'),
        changes: number('changes'),
        containers: number('containers'),
        starts: number('starts'),
        workers: number('workers'),
        reportSeconds: number('report-seconds'),
        apps: number('apps'),
        json: values.json,
      },
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { kind: 'usage', problem: `${reason}; npm run bench:fleet -- --help lists what there is` };
  }
}

/**
 * @param {string[]} names
 * @returns {FleetPartName[]} all of them when none is named
 */
function partsOf(names) {
  const unknown = names.find((name) => !FLEET_PARTS.some((part) => part === name));
  if (unknown !== undefined) {
    throw new Error(`unknown part ${JSON.stringify(unknown)}, there are ${FLEET_PARTS.join(', ')}`);
  }
  return FLEET_PARTS.filter((part) => names.length === 0 || names.includes(part));
}

/**
 * @param {keyof typeof NUMBERS} option
 * @param {string | undefined} text
 * @param {boolean} quick
 * @returns {number}
 */
function wholeNumber(option, text, quick) {
  const { min, max, whole, quick: small } = NUMBERS[option];
  if (text === undefined) return quick ? small : whole;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new Error(`--${option} must be a whole number from ${min} to ${max}, not ${JSON.stringify(text)}`);
  }
  return value;
}
