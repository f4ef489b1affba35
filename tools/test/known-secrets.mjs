/**
 * The secrets of a test file, and the search for them in all that programs under test give away: logs, answers, reports,
 * output. `searching-environment.mjs` searches the answers to `fetch` by itself, and fails a test file in the end in
 * which one was found. Test code that takes such texts in another way hands them to `searchForSecrets`.
 *
 * What is found is told by its place and its first letters alone, so that a failing test doesn't print it.
 */

/**
 * @typedef {object} Ledger
 * @property {Set<string>} secrets
 * @property {Set<string>} findings
 * @property {Map<string, string[]>} secretNames variables that are secrets by the last body that said so, by app
 */

/** What is shorter is found in texts that know nothing of it. */
const SHORTEST = 6;

const LEDGER = Symbol.for('nebula.test.secrets');

/**
 * @param {object} global of a test file: Jest gives each its own
 * @returns {Ledger}
 */
export function ledgerOf(global) {
  const owner = /** @type {Record<symbol, Ledger | undefined>} */ (global);
  return (owner[LEDGER] ??= { secrets: new Set(), findings: new Set(), secretNames: new Map() });
}

/**
 * Makes a value known as a secret, so that it must not be seen from now on. Values of `secret_env_vars` that are sent
 * to an api, also by a later change of the values alone, tokens that are sent as `Authorization: Bearer`, and passwords in the environment of services are
 * known without it, as are passwords that are sent as `Authorization: Basic`.
 *
 * @param {string} value at least six characters, that nothing else has in it
 * @returns {string} the value
 */
export function secret(value) {
  if (value.length < SHORTEST) throw new Error(`A secret of a test has at least ${SHORTEST} characters.`);
  noteSecret(value, ledgerOf(globalThis));
  return value;
}

/**
 * @param {string} value what is too short is left out
 * @param {Ledger} ledger
 */
export function noteSecret(value, ledger) {
  if (value.length >= SHORTEST) ledger.secrets.add(value);
}

/**
 * Notes what is secret in the environment of a program.
 *
 * @param {Record<string, string | undefined>} environment
 */
export function noteSecretVariables(environment) {
  for (const [name, value = ''] of Object.entries(environment)) {
    if (/PASSWORD$|_TOKEN$/.test(name)) noteSecret(value, ledgerOf(globalThis));
    if (name !== 'SECRET_KEYS') continue;
    for (const key of value.split(',')) noteSecret(key.split(':')[1] ?? '', ledgerOf(globalThis));
  }
}

/**
 * Looks for every known secret in a text, as it is, as JSON has it, and as a URL has it.
 *
 * @param {string} text that a program under test has given away
 * @param {string} place where, for people
 * @param {Ledger} [ledger]
 */
export function searchForSecrets(text, place, ledger = ledgerOf(globalThis)) {
  for (const value of ledger.secrets) {
    const forms = [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value)];
    if (forms.some((form) => text.includes(form))) {
      ledger.findings.add(`${value.slice(0, 3)}… (${value.length} characters) in ${place}`);
    }
  }
}

/**
 * @param {Ledger} [ledger]
 * @returns {string[]} what was found since the last call, each in words
 */
export function takeFindings(ledger = ledgerOf(globalThis)) {
  const findings = [...ledger.findings];
  ledger.findings.clear();
  return findings;
}

/** A text that comes in parts. What is on the edge of two is found as well. */
export class SearchedStream {
  #place;
  #ledger;
  #end = '';

  /**
   * @param {string} place where it comes from, for people
   * @param {Ledger} [ledger]
   */
  constructor(place, ledger = ledgerOf(globalThis)) {
    this.#place = place;
    this.#ledger = ledger;
  }

  /** @param {string} part */
  add(part) {
    const text = this.#end + part;
    searchForSecrets(text, this.#place, this.#ledger);
    const longest = Math.max(0, ...[...this.#ledger.secrets].map((value) => 3 * value.length));
    this.#end = longest === 0 ? '' : text.slice(-longest);
  }
}
