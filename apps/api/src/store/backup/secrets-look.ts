import type { Keyring } from '../secrets/keyring.js';
import { opened } from '../secrets/seal-record.js';
import type { BackedUpRevision, BackupEntry } from './backup-format.js';
import { withWholeSpec } from './restore.js';

/** Apps that a line names; of more it says how many. */
const NAMED = 10;

/** Finds out which secrets of a backup can be read with some keys, as an api that has it will. */
export class SecretsLook {
  /** Apps as they are, by the reason. */
  private readonly current = new Map<string, Set<string>>();
  /** Apps that have such an earlier revision, by the reason. */
  private readonly earlier = new Map<string, Set<string>>();

  constructor(private readonly keyring: Keyring) {}

  see(entry: BackupEntry): void {
    if (entry.kind === 'app') this.note(this.current, entry.app);
    if (entry.kind === 'revision') this.note(this.earlier, entry.revision);
  }

  /** A line for each reason why secrets of apps can't be read, like the key that is missing; none when all can. */
  problems(): string[] {
    return [...this.current].map(([reason, apps]) => `secrets of ${inWords([...apps])}: ${reason}`);
  }

  /** Likewise of earlier revisions, without the apps that `problems` names for the same reason: what is sent out needs none. */
  losses(): string[] {
    return [...this.earlier].flatMap(([reason, apps]) => {
      const others = [...apps].filter((app) => !this.current.get(reason)?.has(app));
      if (others.length === 0) return [];
      return [
        `secrets of earlier revisions of ${inWords(others)}: ${reason}; the apps can't go back to those`,
      ];
    });
  }

  private note(unreadable: Map<string, Set<string>>, stored: BackedUpRevision): void {
    const { app_name, unreadable_secrets = {} } = opened(withWholeSpec(stored), this.keyring);
    for (const reason of Object.values(unreadable_secrets)) {
      const apps = unreadable.get(reason) ?? new Set();
      unreadable.set(reason, apps.add(app_name));
    }
  }
}

function inWords(apps: readonly string[]): string {
  const more = apps.length - NAMED;
  return `${apps.slice(0, NAMED).join(', ')}${more > 0 ? ` and ${more} more apps` : ''}`;
}
