/** So many apps are worked on at a time by a call that is about many. */
const PARALLEL = 8;

/** When such a call has taken so long, milliseconds, it begins with no further change. */
export const MANY_APPS_LIMIT_MS = 60_000;

/**
 * Works on many things, some at a time. The answers are in the order of the items. After the first that fails none is
 * begun with.
 */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = [...items.entries()].reverse();
  const worker = async () => {
    try {
      for (let next = waiting.pop(); next; next = waiting.pop()) results[next[0]] = await work(next[1]);
    } finally {
      waiting.length = 0;
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  return results;
}
