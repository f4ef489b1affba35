/**
 * Reads the command line of `npm start` and `npm run down`.
 */
import { parseArgs } from 'node:util';

/**
 * @template {string} Flag
 * @typedef {{ kind: 'flags', flags: Record<Flag, boolean> } | { kind: 'help' } | { kind: 'usage', problem: string }} Arguments
 */

/**
 * @template {string} Flag
 * @param {string[]} argv what follows the script
 * @param {readonly Flag[]} known flags without the leading dashes; `help` is always known
 * @param {string} command how people call it, for the message
 * @returns {Arguments<Flag>}
 */
export function readArguments(argv, known, command) {
  /** @type {Record<string, { type: 'boolean', short?: string }>} */
  const options = { help: { type: 'boolean', short: 'h' } };
  for (const flag of known) options[flag] = { type: 'boolean' };

  const { tokens } = parseArgs({ args: argv, options, strict: false, tokens: true });
  /** @type {Set<string>} */
  const given = new Set();
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    const problem =
      token.kind === 'positional'
        ? `unknown argument ${JSON.stringify(token.value)}`
        : !Object.hasOwn(options, token.name)
          ? `unknown option ${token.rawName}`
          : token.value !== undefined
            ? `${token.rawName} takes no value`
            : null;
    if (problem) return { kind: 'usage', problem: `${problem}; ${command} -- --help lists what there is` };
    if (token.kind === 'option') given.add(token.name);
  }
  if (given.has('help')) return { kind: 'help' };
  const flags = known.map((flag) => [flag, given.has(flag)]);
  return { kind: 'flags', flags: /** @type {Record<Flag, boolean>} */ (Object.fromEntries(flags)) };
}
