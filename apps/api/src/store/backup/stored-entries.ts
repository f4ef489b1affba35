import type { AppRecord, AppStore, Revision } from '../app-store.js';
import type { TokenStore } from '../token-store.js';
import type { BackupEntry } from './backup-format.js';

/** Records that are read at a time. */
const PAGE = 100;

/** The stores of one database, with the values of secrets sealed. */
export interface BackedUpStores {
  apps: AppStore;
  tokens: TokenStore;
}

/**
 * All of a database that a backup has. Apis may work meanwhile: each app is taken as it was at one moment, with the
 * revisions before it, and the numbers last, so that they are never too low for what was taken.
 *
 * @throws {StoreUnavailableError} when the store is away
 */
export async function* storedEntries({ apps, tokens }: BackedUpStores): AsyncGenerator<BackupEntry> {
  for (const name of await namesOf(apps)) {
    const record = await apps.get(name);
    // Forgotten meanwhile.
    if (!record) continue;
    yield { kind: 'app', app: withoutMarks(record) };
    for await (const revision of historyOf(apps, record)) yield { kind: 'revision', revision };
  }
  for (let after: string | null = ''; after !== null; ) {
    const page = await tokens.list({ limit: PAGE, after });
    for (const token of page.items) yield { kind: 'token', token };
    after = page.next_after;
  }
  yield { kind: 'numbers', epoch: await apps.epoch(), highest_purged: await apps.highestPurged() };
}

/** Tombstones too. An app that is changed meanwhile is found a second time. */
async function namesOf(apps: AppStore): Promise<Set<string>> {
  const names = new Set<string>();
  let place = { updated_at: '', app_name: '' };
  for (;;) {
    const records = await apps.changedSince(place, PAGE);
    for (const { app_name } of records) names.add(app_name);
    const last = records.at(-1);
    if (!last || records.length < PAGE) return names;
    place = { updated_at: last.updated_at, app_name: last.app_name };
  }
}

async function* historyOf(apps: AppStore, record: AppRecord): AsyncGenerator<Revision> {
  let before = record.revision;
  for (;;) {
    const page = await apps.revisions(record.app_name, { limit: PAGE, before });
    for (const { revision } of page) {
      const stored = await apps.revision(record.app_name, revision);
      if (stored) yield stored;
      before = revision;
    }
    if (page.length < PAGE) return;
  }
}

/** Which feed has what is found out anew after a restore. */
function withoutMarks({ published: _marks, ...revision }: AppRecord): Revision {
  return revision;
}
