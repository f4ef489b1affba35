import { expandSpec } from '@nebula/contracts';
import type { Revision } from '../app-store.js';
import { type BackupCounts, type BackupEntry, BackupError, counted, NOTHING } from './backup-format.js';
import type { BackedUpStores } from './stored-entries.js';

/**
 * Whether a database has nothing that a restore would mix with.
 * @throws {BackupError} when it has apps, deleted ones too, or tokens
 */
export async function requireEmpty({ apps, tokens }: BackedUpStores): Promise<void> {
  const [app] = await apps.changedSince({ updated_at: '', app_name: '' }, 1);
  const [token] = (await tokens.list({ limit: 1 })).items;
  if (app) throw new BackupError(`the database is not empty: it has the app ${app.app_name}`);
  if (token) throw new BackupError(`the database is not empty: it has the token ${token.name}`);
}

/**
 * Brings the entries of a backup into an empty database. No api may use it until this is done, since it would send
 * out what is there already. No mark says that a feed has anything: apis compare all with it, and take notice when
 * it is ahead.
 *
 * @throws {StoreUnavailableError} when the store is away; what was restored until then is in the database
 */
export async function restore(
  { apps, tokens }: BackedUpStores,
  entries: AsyncIterable<BackupEntry>,
): Promise<BackupCounts> {
  let counts = NOTHING;
  for await (const entry of entries) {
    counts = counted(counts, entry);
    switch (entry.kind) {
      case 'app':
        await apps.insert({ ...withWholeSpec(entry.app), published: {} });
        break;
      case 'revision':
        await apps.keepRevision(withWholeSpec(entry.revision));
        break;
      case 'token':
        await tokens.insert(entry.token);
        break;
      case 'numbers':
        await apps.raiseEpoch(entry.epoch);
        await apps.raiseHighestPurged(entry.highest_purged);
        break;
    }
  }
  return counts;
}

/** With the defaults of fields that were not there when the backup was made. */
function withWholeSpec(revision: Revision): Revision {
  const { spec } = revision;
  return { ...revision, spec: spec && expandSpec(spec) };
}
