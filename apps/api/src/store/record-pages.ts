import type { AppRecord, AppStore } from './app-store.js';

/**
 * All records of a store, tombstones too, `size` at a time; the last page has fewer, be it none. It goes by name, which no
 * change of an app and no clock of an api moves: one that is there all the time is there once.
 * @throws {StoreUnavailableError} when the store is away
 */
export async function* recordPages(store: AppStore, size: number): AsyncGenerator<AppRecord[]> {
  for (let after = ''; ; ) {
    const page = await store.records({ limit: size, after });
    yield page;
    const last = page.at(-1);
    if (!last || page.length < size) return;
    after = last.app_name;
  }
}
