import type { CompactSpec } from '@nebula/contracts';
import type { Revision } from '../app-store.js';
import type { TokenRecord } from '../token-store.js';

/**
 * The form of a backup: JSON, a line each. The first is the header, the last says how many came before it and their
 * digest, so that one that is cut off or changed is told from a whole one. Values of secrets are sealed, as in the
 * database.
 */
export type BackupLine = BackupHeader | BackupEntry | BackupEnd;

/** What is kept in a database and can't be made anew. The state of the fleet isn't here: workers report it again. */
export type BackupEntry =
  | { kind: 'app'; app: BackedUpRevision }
  | { kind: 'revision'; revision: BackedUpRevision }
  | { kind: 'token'; token: TokenRecord }
  | { kind: 'numbers'; epoch: number; highest_purged: number };

/** Without the fields of its spec that have their default. Backups of older versions have all that those knew. */
export type BackedUpRevision = Omit<Revision, 'spec'> & { spec: CompactSpec | null };

export interface BackupHeader {
  kind: 'header';
  format: typeof BACKUP_FORMAT;
  version: number;
  /** Version of the program that made it. */
  program: string;
  /** ISO 8601. */
  made_at: string;
}

export interface BackupEnd {
  kind: 'end';
  /** How many lines are before this one. */
  lines: number;
  /** SHA-256 of them with their line ends, in hexadecimal. */
  sha256: string;
}

export const BACKUP_FORMAT = 'nebula-backup';

/** Raised when an older program would read a backup wrongly. */
export const BACKUP_VERSION = 1;

/** How many there are of each. */
export interface BackupCounts {
  apps: number;
  revisions: number;
  tokens: number;
}

export const NOTHING: BackupCounts = { apps: 0, revisions: 0, tokens: 0 };

export function counted(counts: BackupCounts, { kind }: BackupEntry): BackupCounts {
  switch (kind) {
    case 'app':
      return { ...counts, apps: counts.apps + 1 };
    case 'revision':
      return { ...counts, revisions: counts.revisions + 1 };
    case 'token':
      return { ...counts, tokens: counts.tokens + 1 };
    case 'numbers':
      return counts;
  }
}

/** A file that is no backup, or not one that can be restored; the message says why, for people. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
}
