import { expandSpec } from '@nebula/contracts';
import type { Revision } from '../app-store.js';
import {
  type BackedUpRevision,
  type BackupCounts,
  type BackupEntry,
  BackupError,
  counted,
  NOTHING,
} from './backup-format.js';
import type { BackedUpStores } from './stored-entries.js';

/**
 * Whether a database has nothing that a restore would mix with.
 * @throws {BackupError} when it has apps, deleted ones too, or tokens
 */
export async function requireEmpty(stores: BackedUpStores): Promise<void> {
  const found = await somethingIn(stores);
  if (found !== null) throw new BackupError(`the database is not empty: it has ${found}`);
}

/** Whether there is nothing that a backup would have. */
export async function isEmpty(stores: BackedUpStores): Promise<boolean> {
  return (await somethingIn(stores)) === null;
}

/** An app or a token that is there, in words; null when there is none. */
async function somethingIn({ apps, tokens }: BackedUpStores): Promise<string | null> {
  const [app] = await apps.changedSince({ updated_at: '', app_name: '' }, 1);
  if (app) return `the app ${app.app_name}`;
  const [token] = (await tokens.list({ limit: 1 })).items;
  return token ? `the token ${token.name}` : null;
}

/**
 * Brings the entries of a backup into an empty database. No api may use it until this is done, since it would send
 * out what is there already. No mark says that a feed has anything: apis compare all with it, and take notice when
 * it is ahead.
 *
 * The epoch becomes a higher one than any that was ever sent out: workers may hold later revisions than the backup has,
 * and where the broker was lost with the database no stream is left that could tell of them.
 *
 * @param now milliseconds since 1970
 * @throws {StoreUnavailableError} when the store is away; what was restored until then is in the database
 */
export async function restore(
  { apps, tokens }: BackedUpStores,
  entries: AsyncIterable<BackupEntry>,
  now: number,
): Promise<BackupCounts> {
  let counts = NOTHING;
  for await (const entry of entries) {
    counts = counted(counts, entry);
    switch (entry.kind) {
      case 'app':
        if (!(await apps.insert({ ...withWholeSpec(entry.app), published: {} })))
          throw inTheWay(entry.app.app_name);
        break;
      case 'revision':
        await apps.keepRevision(withWholeSpec(entry.revision));
        break;
      case 'token':
        if (!(await tokens.insert(entry.token))) throw inTheWay(entry.token.name);
        break;
      case 'numbers':
        await apps.raiseEpoch(restoredEpoch(entry.epoch, now));
        await apps.raiseHighestPurged(entry.highest_purged);
        break;
    }
  }
  return counts;
}

/**
 * The time in seconds: the backup doesn't know of restores and proofs after it, which have raised the epoch, too. By
 * the clock a later restore has a higher one than all of them, even from the same file. Where the clock is far behind,
 * the epoch is higher than the backup's at least.
 */
function restoredEpoch(ofBackup: number, now: number): number {
  return Math.max(ofBackup + 1, Math.floor(now / 1_000));
}

function inTheWay(name: string): BackupError {
  return new BackupError(`${name} was made meanwhile: end all apis that use this database`);
}

/** With the defaults of fields that are not there. */
export function withWholeSpec(revision: BackedUpRevision): Revision {
  const { spec } = revision;
  return { ...revision, spec: spec && expandSpec(spec) };
}
