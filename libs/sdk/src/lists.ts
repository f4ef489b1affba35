/** A page of a list, as the api answers it. */
export interface Page {
  /** For the next page; null on the last one. */
  next_cursor: string | null;
}

/** An operation that answers pages. */
type List<Answer extends Page> = (options: never) => Promise<Answer | undefined>;

/** What the operation is given; a page that failed always throws. */
type OptionsOf<Operation extends List<Page>> = Omit<Parameters<Operation>[0], 'throwOnError'>;

type PageOf<Operation extends List<Page>> = Extract<Awaited<ReturnType<Operation>>, Page>;

/**
 * Every page of a list, each asked for when it is wanted: `eachPage(getAppStatus, { client, path: { app } })`.
 *
 * @param list an operation that answers pages
 * @param options those of its first call; `query.limit` is the size of a page
 */
export async function* eachPage<Operation extends List<Page>>(
  list: Operation,
  options: OptionsOf<Operation>,
): AsyncGenerator<PageOf<Operation>, void, undefined> {
  const call = list as unknown as (options: object) => Promise<PageOf<Operation>>;
  const first: { query?: object } = options;
  let cursor: string | null = null;
  do {
    const page = await call(cursor === null ? first : { ...first, query: { ...first.query, cursor } });
    yield page;
    const { next_cursor }: Page = page;
    cursor = next_cursor;
  } while (cursor !== null);
}

/**
 * Every item of a list over all of its pages: `for await (const app of eachItem(listApps, { client }))`. What is there all
 * the time comes exactly once, whatever comes and goes meanwhile.
 */
export async function* eachItem<Operation extends List<Page & { items: unknown[] }>>(
  list: Operation,
  options: OptionsOf<Operation>,
): AsyncGenerator<PageOf<Operation>['items'][number], void, undefined> {
  for await (const { items } of eachPage(list, options)) yield* items;
}
