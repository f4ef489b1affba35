/**
 * Counts the calls of an object's methods that take time.
 */

/**
 * A method that answers at once asks no database or broker: it is left as it is, and not counted.
 *
 * @param {object} object whose methods are replaced by ones that count
 * @param {Record<string, number>} counts by name
 * @param {(name: string, result: unknown) => void} [after] called when a call has ended well
 */
export function countCalls(object, counts, after = () => undefined) {
  const methods = /** @type {Record<string, unknown>} */ (object);
  for (const name of methodNames(object)) {
    const method = methods[name];
    if (typeof method !== 'function') continue;
    methods[name] = (/** @type {unknown[]} */ ...args) => {
      /** @type {unknown} */
      const answer = Reflect.apply(method, object, args);
      return answer instanceof Promise ? counted(name, answer) : answer;
    };
  }

  /** @param {string} name @param {Promise<unknown>} answer */
  async function counted(name, answer) {
    counts[name] = (counts[name] ?? 0) + 1;
    const result = await answer;
    after(name, result);
    return result;
  }
}

/** What the stores call themselves, in their calls. */
const HELPERS = ['constructor', 'run', 'readEpoch', 'open'];

/** @param {object} object */
function methodNames(object) {
  return Object.getOwnPropertyNames(Object.getPrototypeOf(object)).filter((name) => !HELPERS.includes(name));
}
