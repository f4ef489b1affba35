/**
 * The order in which things that are compared are measured, so that what changes meanwhile meets all alike. Pure.
 */

/**
 * Each of them so many times, in turn: from the first to the last and then back (A B, B A, A B …). So none is always
 * measured after another, and what grows steadily weighs as much on one as on the other, of an even number of times.
 * @template Item
 * @param {readonly Item[]} items
 * @param {number} times
 * @returns {Item[]}
 */
export function inTurn(items, times) {
  return Array.from({ length: times }, (_, turn) =>
    turn % 2 === 0 ? [...items] : [...items].reverse(),
  ).flat();
}
