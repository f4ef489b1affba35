import { compactSpec } from '@nebula/contracts';
import type { AppRecord, AppStore, Revision } from '../app-store.js';
import { recordPages } from '../record-pages.js';
import type { TokenStore } from '../token-store.js';
import type { BackedUpRevision, BackupEntry } from './backup-format.js';

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
  for await (const page of recordPages(apps, PAGE)) {
    for (const { app_name } of page) {
      // As it is now: the history below it is cut meanwhile.
      const record = await apps.get(app_name);
      // Forgotten meanwhile.
      if (!record) continue;
      yield { kind: 'app', app: backedUp(withoutMarks(record)) };
      for await (const revision of historyOf(apps, record))
        yield { kind: 'revision', revision: backedUp(revision) };
    }
  }
  for (let after: string | null = ''; after !== null; ) {
    const page = await tokens.list({ limit: PAGE, after });
    for (const token of page.items) yield { kind: 'token', token };
    after = page.next_after;
  }
  yield { kind: 'numbers', epoch: await apps.epoch(), highest_purged: await apps.highestPurged() };
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

function backedUp(revision: Revision): BackedUpRevision {
  const { spec } = revision;
  return { ...revision, spec: spec && compactSpec(spec) };
}
