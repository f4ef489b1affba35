import type { Revision } from '../app-store.js';
import type { Keyring } from '../secrets/keyring.js';
import { opened } from '../secrets/seal-record.js';
import type { BackupEntry } from './backup-format.js';
import { withWholeSpec } from './restore.js';

/** Apps that a line names; of more it says how many. */
const NAMED = 10;

/** Finds out which secrets of a backup can be read with some keys, as an api that has it will. */
export class SecretsLook {
  /** Apps, those of which an earlier revision alone is concerned too, by the reason. */
  private readonly unreadable = new Map<string, Set<string>>();

  constructor(private readonly keyring: Keyring) {}

  see(entry: BackupEntry): void {
    if (entry.kind === 'app') this.seeRevision(entry.app);
    if (entry.kind === 'revision') this.seeRevision(entry.revision);
  }

  /** A line for each reason why secrets can't be read, like the key that is missing; none when all can. */
  problems(): string[] {
    return [...this.unreadable].map(([reason, apps]) => `secrets of ${inWords([...apps])}: ${reason}`);
  }

  private seeRevision(stored: Revision): void {
    const { app_name, unreadable_secrets = {} } = opened(withWholeSpec(stored), this.keyring);
    for (const reason of Object.values(unreadable_secrets)) {
      const apps = this.unreadable.get(reason) ?? new Set();
      this.unreadable.set(reason, apps.add(app_name));
    }
  }
}

function inWords(apps: readonly string[]): string {
  const more = apps.length - NAMED;
  return `${apps.slice(0, NAMED).join(', ')}${more > 0 ? ` and ${more} more apps` : ''}`;
}
