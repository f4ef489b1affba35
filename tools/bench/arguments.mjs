/**
 * Reads the command line of `npm run bench`.
 */
import { parseArgs } from 'node:util';

export const PARTS = /** @type {const} */ ([
  'containers',
  'rolling',
  'load-balancer',
  'start',
  'api',
  'status',
  'cli',
  'idle',
]);

/** @typedef {(typeof PARTS)[number]} PartName */

/**
 * @typedef {object} Settings
 * @property {PartName[]} parts in the order in which they are measured
 * @property {number} containers how many containers one measurement has
 * @property {number} rounds how often each measurement is made
 * @property {number | null} parallelism null: found by measuring
 * @property {number} apiSeconds length of one load, seconds
 * @property {number} idleSeconds over which the idle processor time is taken, seconds
 * @property {string} json path of the result
 */

/** @typedef {import('./running/run-benchmark.mjs').Arguments<Settings>} Arguments */

/** Whole numbers that can be given, with their limits. */
const NUMBERS = /** @type {const} */ ({
  containers: { min: 1, max: 500 },
  rounds: { min: 1, max: 20 },
  parallelism: { min: 1, max: 64 },
  'api-seconds': { min: 1, max: 600 },
  'idle-seconds': { min: 1, max: 3600 },
});

const OPTIONS = /** @type {const} */ ({
  help: { type: 'boolean', short: 'h', default: false },
  json: { type: 'string', default: '.test/bench.json' },
  containers: { type: 'string', default: '50' },
  rounds: { type: 'string', default: '3' },
  parallelism: { type: 'string' },
  'api-seconds': { type: 'string', default: '8' },
  'idle-seconds': { type: 'string', default: '60' },
});

/**
 * @param {string[]} argv what follows the script
 * @returns {Arguments}
 */
export function readBenchArguments(argv) {
  try {
    const { values, positionals } = parseArgs({ args: argv, options: OPTIONS, allowPositionals: true });
    if (values.help) return { kind: 'help' };
    return {
      kind: 'settings',
      settings: {
        parts: partsOf(positionals),
        containers: wholeNumber('containers', values.containers),
        rounds: wholeNumber('rounds', values.rounds),
        parallelism: values.parallelism === undefined ? null : wholeNumber('parallelism', values.parallelism),
        apiSeconds: wholeNumber('api-seconds', values['api-seconds']),
        idleSeconds: wholeNumber('idle-seconds', values['idle-seconds']),
        json: values.json,
      },
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { kind: 'usage', problem: `${reason}; npm run bench -- --help lists what there is` };
  }
}

/**
 * @param {string[]} names
 * @returns {PartName[]} all of them when none is named
 */
function partsOf(names) {
  const unknown = names.find((name) => !PARTS.some((part) => part === name));
  if (unknown !== undefined) {
    throw new Error(`unknown part ${JSON.stringify(unknown)}, there are ${PARTS.join(', ')}`);
  }
  return PARTS.filter((part) => names.length === 0 || names.includes(part));
}

/**
 * @param {keyof typeof NUMBERS} option
 * @param {string} text
 * @returns {number}
 */
function wholeNumber(option, text) {
  const { min, max } = NUMBERS[option];
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new Error(`--${option} must be a whole number from ${min} to ${max}, not ${JSON.stringify(text)}`);
  }
  return value;
}
