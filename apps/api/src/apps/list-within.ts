import type { Rights } from '../access/rights.js';
import type { AppPage, AppRecord, AppStore } from '../store/app-store.js';

interface ListQuery {
  limit: number;
  after?: string;
  prefix?: string;
}

/** Apps of one name, or of all names that begin so. */
type Range = { name: string } | { prefix: string };

/**
 * Apps as `AppStore.list` has them, of those alone that the rights are for. It reads no others, however many there are.
 */
export async function listWithin(
  store: AppStore,
  { apps }: Pick<Rights, 'apps'>,
  query: ListQuery,
): Promise<AppPage> {
  if (apps === null) return await store.list(query);
  const { limit, after = '', prefix = '' } = query;
  const items: AppRecord[] = [];
  // One more than asked for, to know whether there are more.
  for (const range of rangesOf(apps, prefix)) {
    if (items.length > limit) break;
    items.push(...(await inRange(store, range, after, limit + 1 - items.length)));
  }
  const page = items.slice(0, limit);
  return { items: page, next_after: items.length > limit ? (page.at(-1)?.app_name ?? null) : null };
}

async function inRange(store: AppStore, range: Range, after: string, limit: number): Promise<AppRecord[]> {
  if ('prefix' in range) {
    const query = { limit, prefix: range.prefix, ...(after === '' ? {} : { after }) };
    return (await store.list(query)).items;
  }
  const record = range.name > after ? await store.get(range.name) : null;
  return record && !record.deleted ? [record] : [];
}

/** What the patterns leave of the names that begin with `prefix`: ranges that don't overlap, in the order of the names. */
function rangesOf(patterns: readonly string[], prefix: string): Range[] {
  const prefixes = patterns.filter((pattern) => pattern.endsWith('*')).map((pattern) => pattern.slice(0, -1));
  const widest = prefixes.filter(
    (each, index) => !prefixes.some((other, at) => each.startsWith(other) && (other !== each || at < index)),
  );
  const names = patterns.filter(
    (name, index) =>
      !name.endsWith('*') &&
      patterns.indexOf(name) === index &&
      name.startsWith(prefix) &&
      !widest.some((each) => name.startsWith(each)),
  );
  const within = widest.flatMap((each) => {
    if (each.startsWith(prefix)) return [each];
    return prefix.startsWith(each) ? [prefix] : [];
  });
  const ranges = [...within.map((each) => ({ prefix: each })), ...names.map((name) => ({ name }))];
  return ranges.sort((a, b) => (beginningOf(a) < beginningOf(b) ? -1 : 1));
}

function beginningOf(range: Range): string {
  return 'prefix' in range ? range.prefix : range.name;
}
