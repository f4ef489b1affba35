import type { AppStore, Revision } from '../app-store.js';
import { recordPages } from '../record-pages.js';

/** Apps, and revisions of one, that are read at a time. */
const PAGE = 100;

/** Revisions of an app that are read at once. Each can be as large as a spec may be. */
const AT_ONCE = 20;

/**
 * All that is stored of apps, deleted ones too: of each app its present record, then the revisions that are kept.
 * @throws {StoreUnavailableError} when the store is away
 */
export async function* everyRevision(store: AppStore): AsyncGenerator<Revision> {
  for await (const page of recordPages(store, PAGE)) {
    for (const record of page) {
      yield record;
      yield* replacedRevisions(store, record.app_name);
    }
  }
}

/** The revisions of an app that were replaced and are kept, the newest first. */
export async function* replacedRevisions(
  store: AppStore,
  appName: string,
  before = Number.MAX_SAFE_INTEGER,
): AsyncGenerator<Revision> {
  for (let from = before; ; ) {
    const page = await store.revisions(appName, { limit: PAGE, before: from });
    for (let start = 0; start < page.length; start += AT_ONCE) {
      const some = page.slice(start, start + AT_ONCE);
      const found = await Promise.all(some.map(({ revision }) => store.revision(appName, revision)));
      for (const each of found) if (each) yield each;
    }
    from = page.at(-1)?.revision ?? from;
    if (page.length < PAGE) return;
  }
}
