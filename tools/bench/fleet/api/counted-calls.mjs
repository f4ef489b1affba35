/**
 * Counts the calls of an object's methods.
 */

/**
 * @param {object} object whose methods are replaced by ones that count
 * @param {Record<string, number>} counts by name
 * @param {(name: string) => void} [after] called when a call has ended well
 */
export function countCalls(object, counts, after = () => undefined) {
  const methods = /** @type {Record<string, unknown>} */ (object);
  for (const name of methodNames(object)) {
    const method = methods[name];
    if (typeof method !== 'function') continue;
    methods[name] = async (/** @type {unknown[]} */ ...args) => {
      counts[name] = (counts[name] ?? 0) + 1;
      /** @type {unknown} */
      const result = await Reflect.apply(method, object, args);
      after(name);
      return result;
    };
  }
}

/** What the stores call themselves, in their calls. */
const HELPERS = ['constructor', 'run', 'readEpoch', 'open'];

/** @param {object} object */
function methodNames(object) {
  return Object.getOwnPropertyNames(Object.getPrototypeOf(object)).filter((name) => !HELPERS.includes(name));
}
