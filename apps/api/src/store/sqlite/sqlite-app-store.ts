import { type CompactTokens, expandTokens } from '@nebula/contracts';
import {
  type AppPage,
  type AppRecord,
  AppStore,
  type ChangeNote,
  type Outbox,
  type PublishedMark,
  type Revision,
  type RevisionSummary,
  type Tombstone,
  type VerificationClaim,
} from '../app-store.js';
import { fromSpecText, toSpecText } from '../spec-text.js';
import { APP_QUERIES } from './app-queries.js';
import { HISTORY_QUERIES } from './history-queries.js';
import { KnownRecords } from './known-records.js';
import type { Query } from './query.js';
import type { Parameters, SqliteDatabase } from './sqlite-database.js';

interface SummaryRow extends ChangeNote {
  app_name: string;
  revision: number;
  deleted: number;
  created_at: string;
  updated_at: string;
}

interface RevisionRow extends SummaryRow {
  spec: string | null;
  tokens: string;
}

interface AppRow extends RevisionRow {
  published: string;
}

interface NameRow {
  app_name: string;
}

/** Above every name with the same beginning. */
const HIGHEST_CHARACTER = '\u{10FFFF}';

/**
 * Apps in a SQLite file. What was accepted survives the loss of power; marks of what was published may be lost
 * with it, which costs a comparison of feed and database.
 */
export class SqliteAppStore extends AppStore {
  private readonly known = new KnownRecords(toRecord);

  constructor(private readonly database: SqliteDatabase) {
    super();
  }

  override async get(appName: string): Promise<AppRecord | null> {
    return this.known.get(appName, this.database.sharedGeneration(), () =>
      this.database.readOne<AppRow>(APP_QUERIES.get, { app_name: appName }),
    );
  }

  override async list(query: { limit: number; after?: string; prefix?: string }): Promise<AppPage> {
    const { limit, after = '', prefix = '' } = query;
    const rows = this.database.read<AppRow>(APP_QUERIES.list, {
      ...{ after, prefix, prefix_end: prefix + HIGHEST_CHARACTER },
      limit: limit + 1,
    });
    const items = rows.slice(0, limit).map(toRecord);
    const next_after = rows.length > limit ? (items.at(-1)?.app_name ?? null) : null;
    return { items, next_after };
  }

  override async recorded(appNames: readonly string[]): Promise<string[]> {
    const app_names = JSON.stringify(appNames);
    return this.database.read<NameRow>(APP_QUERIES.recorded, { app_names }).map(toName);
  }

  override async records({ limit, after = '' }: { limit: number; after?: string }): Promise<AppRecord[]> {
    return this.database.read<AppRow>(APP_QUERIES.records, { after, limit }).map(toRecord);
  }

  override async changedSince(
    place: { updated_at: string; app_name: string },
    limit: number,
  ): Promise<AppRecord[]> {
    return this.database.read<AppRow>(APP_QUERIES.changedSince, { ...place, limit }).map(toRecord);
  }

  override async insert(record: AppRecord): Promise<boolean> {
    return this.database.together('power-loss', (change) => {
      if (change(APP_QUERIES.insert, toParameters(record)) === 0) return false;
      for (const [region, mark] of Object.entries(record.published)) {
        change(APP_QUERIES.insertMark, { app_name: record.app_name, region, ...mark });
      }
      return true;
    });
  }

  override async replace(record: AppRecord, expectedRevision: number): Promise<boolean> {
    this.known.forget(record.app_name);
    return this.replaceKept(record, expectedRevision, HISTORY_QUERIES.keep);
  }

  /** The rows of apps that were read a short time ago are kept: reading one anew is a tenth of what a change takes. */
  override remembered(appName: string): AppRecord | null {
    return this.known.last(appName)?.record ?? null;
  }

  override async replaceRemembered(record: AppRecord, expectedRevision: number): Promise<boolean> {
    const { app_name } = record;
    const read = this.known.last(app_name)?.row;
    // It is another by the change itself, or has been another before.
    this.known.forget(app_name);
    if (read?.revision !== expectedRevision) return false;
    return this.replaceKept(record, expectedRevision, HISTORY_QUERIES.keepExactly, exactly(read));
  }

  override async revisions(
    app_name: string,
    { limit, before = Number.MAX_SAFE_INTEGER }: { limit: number; before?: number },
  ): Promise<RevisionSummary[]> {
    const parameters = { app_name, limit, before };
    return this.database.read<SummaryRow>(HISTORY_QUERIES.list, parameters).map(toSummary);
  }

  override async revision(app_name: string, revision: number): Promise<Revision | null> {
    const [row] = this.database.read<RevisionRow>(HISTORY_QUERIES.get, { app_name, revision });
    return row ? toRevision(row) : null;
  }

  override async secretNames(app_name: string, before: number): Promise<string[]> {
    const rows = this.database.read<{ name: string }>(HISTORY_QUERIES.secretNames, { app_name, before });
    return rows.map(({ name }) => name);
  }

  override async keepRevision(revision: Revision): Promise<void> {
    this.database.change(HISTORY_QUERIES.add, toParameters(revision), 'power-loss');
  }

  override async forgetRevisions(app_name: string, keep: number): Promise<void> {
    this.database.change(HISTORY_QUERIES.forget, { app_name, keep }, 'process-end');
  }

  override async rewrite({
    app_name,
    revision,
    spec,
  }: Pick<Revision, 'app_name' | 'revision' | 'spec'>): Promise<boolean> {
    const parameters = { app_name, revision, spec: toSpecText(spec) };
    this.known.forget(app_name);
    return this.database.together('power-loss', (change) => {
      const present = change(APP_QUERIES.rewrite, parameters);
      return present + change(HISTORY_QUERIES.rewrite, parameters) > 0;
    });
  }

  override async behind(region: string, epoch: number, limit: number): Promise<string[]> {
    return this.database.read<NameRow>(APP_QUERIES.behind, { region, epoch, limit }).map(toName);
  }

  override async outbox(region: string, epoch: number): Promise<Outbox> {
    const [row] = this.database.read<Outbox>(APP_QUERIES.outbox, { region, epoch });
    return row ?? { apps: 0, oldest: null };
  }

  override async currentRevisions(): Promise<Map<string, number>> {
    const rows = this.database.read<NameRow & { revision: number }>(APP_QUERIES.currentRevisions);
    return new Map(rows.map(({ app_name, revision }) => [app_name, revision]));
  }

  override async markPublished(appName: string, region: string, mark: PublishedMark): Promise<void> {
    const { epoch, revision, verified_at } = mark;
    const parameters = { app_name: appName, region, epoch, revision, verified_at };
    this.database.change(APP_QUERIES.markPublished, parameters, 'process-end');
  }

  override async claimVerification(region: string, claim: VerificationClaim): Promise<string[]> {
    const { after, before, until, limit, except = [] } = claim;
    const parameters = { region, after, before, until, limit, except: JSON.stringify(except) };
    const claimed = this.database.changeReturning<NameRow>(
      APP_QUERIES.claimVerification,
      parameters,
      'process-end',
    );
    return claimed.map(toName);
  }

  override async noteVerified(
    region: string,
    appNames: readonly string[],
    verifiedAt: number,
  ): Promise<void> {
    const parameters = { region, app_names: JSON.stringify(appNames), verified_at: verifiedAt };
    this.database.change(APP_QUERIES.noteVerified, parameters, 'process-end');
  }

  override async clearPublished(appName: string, region: string): Promise<void> {
    this.database.change(APP_QUERIES.clearPublished, { app_name: appName, region }, 'process-end');
  }

  override async oldTombstones(before: string): Promise<Tombstone[]> {
    return this.database.read<AppRow>(APP_QUERIES.oldTombstones, { before }).map(toRecord);
  }

  override async purge({ app_name, revision }: Pick<Tombstone, 'app_name' | 'revision'>): Promise<boolean> {
    // What the power takes away of the removal comes again; the number is never lower than what is gone.
    await this.raiseHighestPurged(revision);
    return this.database.change(APP_QUERIES.purge, { app_name, revision }, 'process-end') > 0;
  }

  override async highestPurged(): Promise<number> {
    const [row] = this.database.read<{ revision: number }>(APP_QUERIES.highestPurged);
    return row?.revision ?? 0;
  }

  override async raiseHighestPurged(to: number): Promise<void> {
    this.database.change(APP_QUERIES.raisePurgedTo, { to }, 'power-loss');
  }

  override async epoch(): Promise<number> {
    const [row] = this.database.read<{ value: number }>(APP_QUERIES.epoch);
    if (!row) throw new Error('The table of the epoch is empty.');
    return row.value;
  }

  override async raiseEpoch(to: number): Promise<void> {
    this.database.change(APP_QUERIES.raiseEpoch, { to }, 'power-loss');
  }

  override async serverTime(): Promise<null> {
    return null;
  }

  override async problem(): Promise<string | null> {
    return this.database.problem();
  }

  override async close(): Promise<void> {
    this.database.close();
  }

  /** @param keep puts what is replaced into the history, where it is what was expected */
  private replaceKept(
    record: AppRecord,
    expected_revision: number,
    keep: Query,
    exactly: Parameters = {},
  ): boolean {
    const expected = { app_name: record.app_name, expected_revision };
    return this.database.together('power-loss', (change) => {
      if (change(keep, { ...expected, ...exactly }) === 0) return false;
      return change(APP_QUERIES.replace, { ...toParameters(record), ...expected }) > 0;
    });
  }
}

function toRecord(row: AppRow): AppRecord {
  return { ...toRevision(row), published: JSON.parse(row.published) as Record<string, PublishedMark> };
}

function toRevision(row: RevisionRow): Revision {
  return {
    ...toSummary(row),
    spec: fromSpecText(row.spec),
    tokens: expandTokens(JSON.parse(row.tokens) as CompactTokens),
  };
}

function toSummary(row: SummaryRow): RevisionSummary {
  const { app_name, revision, created_at, updated_at, change, changed_by, reason } = row;
  const deleted = row.deleted === 1;
  return { app_name, revision, deleted, created_at, updated_at, change, changed_by, reason };
}

function toParameters(record: Revision): Parameters {
  const { app_name, spec, revision, tokens, deleted, created_at, updated_at } = record;
  const { change, changed_by, reason } = record;
  return {
    ...{ app_name, revision, created_at, updated_at, change, changed_by, reason },
    spec: toSpecText(spec),
    tokens: JSON.stringify(tokens),
    deleted: deleted ? 1 : 0,
  };
}

/** What `HISTORY_QUERIES.keepExactly` compares beside the revision. */
function exactly({ spec, tokens, deleted, created_at, updated_at, ...note }: AppRow): Parameters {
  return {
    ...{ expected_spec: spec, expected_tokens: tokens, expected_deleted: deleted },
    ...{ expected_created_at: created_at, expected_updated_at: updated_at },
    ...{ expected_change: note.change, expected_changed_by: note.changed_by, expected_reason: note.reason },
  };
}

function toName({ app_name }: NameRow): string {
  return app_name;
}
