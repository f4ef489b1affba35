import { canonicalJson } from '../digest.js';

/** An item that has come, has gone, or stands in the place of another. */
export interface ItemChange {
  /** In the later list; in the earlier one of an item that has gone. */
  index: number;
  from?: unknown;
  to?: unknown;
}

/** Products of lengths up to which the fewest changes are looked for: a table of so many numbers. */
const LARGEST_TABLE = 1_000_000;

/**
 * What makes one list of another: the fewest items taken out and put in, where those between the same two that stay
 * stand for each other in order. Very long lists that differ in many places are compared place by place.
 */
export function diffLists(before: readonly unknown[], after: readonly unknown[]): ItemChange[] {
  const [a, b] = [before.map(canonicalJson), after.map(canonicalJson)];
  const changes: ItemChange[] = [];
  let [i, j] = [0, 0];
  for (const [keptI, keptJ] of [...commonItems(a, b), [a.length, b.length] as const]) {
    for (; i < keptI && j < keptJ; i += 1, j += 1) changes.push({ index: j, from: before[i], to: after[j] });
    for (; i < keptI; i += 1) changes.push({ index: i, from: before[i] });
    for (; j < keptJ; j += 1) changes.push({ index: j, to: after[j] });
    [i, j] = [keptI + 1, keptJ + 1];
  }
  return changes;
}

/** Places of the items that both lists have in the same order: a longest common subsequence. */
function commonItems(a: readonly string[], b: readonly string[]): (readonly [number, number])[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  const middle = commonInside(a.slice(start, a.length - end), b.slice(start, b.length - end));
  return [
    ...Array.from({ length: start }, (_, index) => [index, index] as const),
    ...middle.map(([i, j]) => [start + i, start + j] as const),
    ...Array.from({ length: end }, (_, index) => [a.length - end + index, b.length - end + index] as const),
  ];
}

function commonInside(a: readonly string[], b: readonly string[]): (readonly [number, number])[] {
  if (a.length * b.length > LARGEST_TABLE) {
    return a.flatMap((item, index) => (item === b[index] ? [[index, index] as const] : []));
  }
  // longest[i][j]: how many items the rests from i and j have in common.
  const width = b.length + 1;
  const longest = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number) => longest[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      longest[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const found: (readonly [number, number])[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) {
      found.push([i, j]);
      i += 1;
      j += 1;
    } else if (at(i + 1, j) >= at(i, j + 1)) i += 1;
    else j += 1;
  }
  return found;
}
