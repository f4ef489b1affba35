/**
 * Reads the command line of `npm test`.
 */

export const KINDS = /** @type {const} */ (['unit', 'component', 'integration', 'e2e', 'deploy']);

/** @typedef {typeof KINDS[number]} Kind */

/**
 * @typedef {object} Wish
 * @property {Kind[]} kinds to run, in this order
 * @property {string[]} patterns of paths; none means all
 * @property {boolean} check types, lint and format as well
 */

/**
 * @param {string[]} argv what follows the script
 * @returns {Wish | { problem: string }}
 */
export function readTestArguments(argv) {
  const option = argv.find((argument) => argument.startsWith('-') && argument !== '--');
  if (option) return { problem: `unknown option ${option}\n${USAGE}` };
  const words = argv.filter((argument) => argument !== '--');
  const kind = KINDS.find((name) => name === words[0]);
  const patterns = kind ? words.slice(1) : words;
  return { kinds: kind ? [kind] : [...KINDS], patterns, check: words.length === 0 };
}

export const USAGE = `Usage: npm test [-- [unit|component|integration|e2e|deploy] [PATH...]]

Without arguments: types, lint, format, and every test. With a kind, the tests of that kind; with parts of paths,
those whose path has one of them.`;
