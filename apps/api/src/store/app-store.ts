import type { AppSpec, Tokens } from '@nebula/contracts';

/** What made a revision, in a word. */
export const CHANGES = [
  'created',
  'changed',
  'started',
  'stopped',
  'restarted',
  'rolled',
  'released',
  'pruned',
  'rolled back',
  'deleted',
] as const;
export type Change = (typeof CHANGES)[number];

/** How a revision came about. Null in what was written before this was kept. */
export interface ChangeNote {
  change: Change | null;
  /** Who asked for it. */
  changed_by: string | null;
  /** Why, in the words of who asked; null when none were given. */
  reason: string | null;
}

/** An app as the database keeps it; a deleted one stays as a tombstone, so that its revision goes on. */
export interface AppRecord extends ChangeNote {
  app_name: string;
  /** Null when deleted. */
  spec: AppSpec | null;
  /** Why values of its secrets could not be read from the store, by name; those are the mask in `spec`. Absent: all could. */
  unreadable_secrets?: Readonly<Record<string, string>>;
  revision: number;
  tokens: Tokens;
  deleted: boolean;
  /** ISO 8601. Of the creation after the last deletion. */
  created_at: string;
  /** ISO 8601. When this revision was made. */
  updated_at: string;
  /** Per region: the position that was last confirmed by its feed. Absent: never. */
  published: Record<string, PublishedMark>;
}

export interface PublishedMark {
  epoch: number;
  revision: number;
  /**
   * Milliseconds since 1970 at which the stream was last read back and found right; 0 for never. Below 0 while somebody
   * has claimed that: minus the time at which the claim ends. So one range has all that is due, and who doesn't know of
   * claims takes it for due.
   */
  verified_at: number;
}

/** What is claimed for verification, and for how long. Times are milliseconds since 1970. */
export interface VerificationClaim {
  /** What has a `verified_at` between these two is due. */
  after: number;
  before: number;
  /** When it may be claimed by others, if it isn't noted as verified until then. */
  until: number;
  limit: number;
  /** Names that are left out: who has them already and isn't done leaves them to others. */
  except?: readonly string[];
}

/** A record as it was before it was replaced. */
export type Revision = Omit<AppRecord, 'published'>;

/** A revision without what can be large. */
export type RevisionSummary = Omit<Revision, 'spec' | 'tokens'>;

/** What is left of a deleted app. */
export type Tombstone = Pick<AppRecord, 'app_name' | 'revision' | 'published'>;

/** What is still to be brought into the feed of a region. */
export interface Outbox {
  /** Records, tombstones too. */
  apps: number;
  /** ISO 8601: when the longest waiting of them was changed; null when there is none. */
  oldest: string | null;
}

export interface AppPage {
  items: AppRecord[];
  /** Name of the last item when there may be more, else null. */
  next_after: string | null;
}

/** The store is away or refused; requests that meet it are answered with 503. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}

/**
 * Another program, or a newer version of this one, has written the store: what this version understands of it may be
 * wrong, so it touches nothing, and waiting doesn't help.
 */
export class IncompatibleStoreError extends StoreUnavailableError {}

/**
 * Where apps are kept. Every change is one conditional update of one record; there are no transactions across
 * records, so that one contract holds on SQLite, a single MongoDB, a replica set and a sharded cluster. Every call rejects
 * with `StoreUnavailableError` when the store can't be reached. The store says that in the log by itself, so callers don't.
 */
export abstract class AppStore {
  /** The record of an app, tombstones included, null when the name was never used. */
  abstract get(appName: string): Promise<AppRecord | null>;
  /** Apps that are not deleted, by name (code unit order), after `after`, whose names start with `prefix`. */
  abstract list(query: { limit: number; after?: string; prefix?: string }): Promise<AppPage>;
  /** Those of these names, at most 1,000, of which there is a record, tombstones too, in any order. */
  abstract recorded(appNames: readonly string[]): Promise<string[]>;
  /** Records, tombstones too, by name, after `after`, at most `limit`: in pages each that is there all the time is once. */
  abstract records(query: { limit: number; after?: string }): Promise<AppRecord[]>;
  /**
   * Records, tombstones too, by (`updated_at`, name), after this place, at most `limit`. A change is told at its
   * new time alone; whoever reads on from a place misses one that was made by a clock which is behind.
   */
  abstract changedSince(place: { updated_at: string; app_name: string }, limit: number): Promise<AppRecord[]>;
  /** Stores a record under a new name, which has no history then; false when there is one already. */
  abstract insert(record: AppRecord): Promise<boolean>;
  /**
   * Replaces the record if its revision still is `expectedRevision` (the `published` marks stay); else false. What is
   * replaced is kept as a revision before that, so that whatever ends in between leaves no gap.
   */
  abstract replace(record: AppRecord, expectedRevision: number): Promise<boolean>;
  /**
   * What a record was when this instance last read or wrote it, without asking the store: likely it still is, but
   * nothing may be answered or refused by it. Null when that costs as much as asking.
   */
  remembered(_appName: string): AppRecord | null {
    return null;
  }
  /**
   * As `replace`, of the record that `remembered` has just answered, and only if all of it but the marks is what the store
   * has; false also where that isn't certain.
   */
  async replaceRemembered(_record: AppRecord, _expectedRevision: number): Promise<boolean> {
    return false;
  }
  /**
   * Writes the spec of a revision anew in another form that means the same, be it the app's present one or one that was
   * replaced; false when it is not kept. It is no change: revision, times and marks stay.
   */
  abstract rewrite(revision: Pick<Revision, 'app_name' | 'revision' | 'spec'>): Promise<boolean>;

  /** Revisions of an app that were replaced, below `before`, the newest first, at most `limit`. */
  abstract revisions(appName: string, query: { limit: number; before?: number }): Promise<RevisionSummary[]>;
  /** A revision that was replaced; null when it is not kept. */
  abstract revision(appName: string, revision: number): Promise<Revision | null>;
  /** Names of variables that are a secret in any kept revision below `before`, each once, in any order. */
  abstract secretNames(appName: string, before: number): Promise<string[]>;
  /** Keeps a revision of an app that has a record, as if it had been replaced; for the restore of a backup. */
  abstract keepRevision(revision: Revision): Promise<void>;
  /** Forgets all but the newest `keep` of the revisions that were replaced. */
  abstract forgetRevisions(appName: string, keep: number): Promise<void>;

  /** Names of records (tombstones too) whose mark for the region is not (`epoch`, own revision), at most `limit`. */
  abstract behind(region: string, epoch: number, limit: number): Promise<string[]>;
  /** How many those are, without a limit, and since when. */
  abstract outbox(region: string, epoch: number): Promise<Outbox>;
  /** The revisions of all apps that are not deleted, by name. */
  abstract currentRevisions(): Promise<Map<string, number>>;
  /** Sets the region's mark, unless the record's revision is no longer `mark.revision`. */
  abstract markPublished(appName: string, region: string, mark: PublishedMark): Promise<void>;
  /**
   * Claims for verification up to `limit` published records that are due and that nobody has claimed, each for one caller
   * alone. Answers their names, fewer than `limit` only where no more are due. Who ends in between holds them up until the
   * claim ends, and no longer.
   */
  abstract claimVerification(region: string, claim: VerificationClaim): Promise<string[]>;
  /** Notes that these were found right, as they were at this time; one whose mark is gone, or is of later, stays. */
  abstract noteVerified(region: string, appNames: readonly string[], verifiedAt: number): Promise<void>;
  /** Takes the region's mark away, so that the record is `behind` again. */
  abstract clearPublished(appName: string, region: string): Promise<void>;
  /** Tombstones that were last updated before this ISO 8601 time. */
  abstract oldTombstones(before: string): Promise<Tombstone[]>;
  /** Removes a tombstone, and its revisions, if it still is one of this revision; else false. */
  abstract purge(tombstone: Pick<Tombstone, 'app_name' | 'revision'>): Promise<boolean>;
  /** The highest revision that any purged tombstone had, 0 before the first. */
  abstract highestPurged(): Promise<number>;
  /** Raises that number to `to`; nothing happens when it is there or beyond already. */
  abstract raiseHighestPurged(to: number): Promise<void>;

  /** The epoch of the database, 1 in a new one. */
  abstract epoch(): Promise<number>;
  /** Raises the epoch to `to`; nothing happens when it is there or beyond already. */
  abstract raiseEpoch(to: number): Promise<void>;

  /** Milliseconds since 1970 by the clock of the store's server; null where it is none of its own, or tells no time. */
  abstract serverTime(): Promise<number | null>;
  /**
   * Null when the store can be used, else what is missing.
   * @param within the time that it has to answer: of a check of health, as for absent, or of a call, which is more
   */
  abstract problem(within?: 'check' | 'call'): Promise<string | null>;
  abstract close(): Promise<void>;
}
