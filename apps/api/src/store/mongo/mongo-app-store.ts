import type { Model, mongo } from 'mongoose';
import {
  type AppPage,
  type AppRecord,
  AppStore,
  type Outbox,
  type PublishedMark,
  type Revision,
  type RevisionSummary,
  type Tombstone,
  type VerificationClaim,
} from '../app-store.js';
import { toSpecText } from '../spec-text.js';
import { AppHistory } from './app-history.js';
import { APP_SCHEMA, type AppDocument, exactly, toContent, toDocument, toRecord } from './app-document.js';
import { APP_QUERIES, currentField, markField, REGION_QUERIES, verifiedField } from './app-queries.js';
import { claimVerification } from './claim-verification.js';
import { GrowingNumbers } from './growing-numbers.js';
import { LastRead } from './last-read.js';
import type { MongoDatabase } from './mongo-database.js';
import { inserted } from './mongo-errors.js';

const FIRST_EPOCH = 1;

type Named = Pick<AppDocument, '_id'>;

/**
 * Apps in a MongoDB, one document each. Every change is one conditional update of one document, confirmed by a
 * majority.
 */
export class MongoAppStore extends AppStore {
  private readonly apps: Model<AppDocument>;
  private readonly history: AppHistory;
  private readonly numbers: GrowingNumbers;
  private readonly lastRead = new LastRead(() => performance.now());

  constructor(private readonly database: MongoDatabase) {
    super();
    this.apps = database.model('apps', APP_SCHEMA);
    this.history = new AppHistory(database);
    this.numbers = new GrowingNumbers(database);
  }

  override async get(appName: string): Promise<AppRecord | null> {
    const document = await this.run(() => this.apps.findOne({ _id: appName }).lean<AppDocument>());
    if (!document) return null;
    this.lastRead.note(document);
    return toRecord(document);
  }

  override async list(query: { limit: number; after?: string; prefix?: string }): Promise<AppPage> {
    const { limit, after = '', prefix = '' } = query;
    const documents = await this.run(() =>
      this.apps
        .find(APP_QUERIES.list.filter(after, prefix))
        .sort({ _id: 1 })
        .limit(limit + 1)
        .lean<AppDocument[]>(),
    );
    const items = documents.slice(0, limit).map(toRecord);
    const next_after = documents.length > limit ? (items.at(-1)?.app_name ?? null) : null;
    return { items, next_after };
  }

  override async recorded(appNames: readonly string[]): Promise<string[]> {
    const found = await this.run(() =>
      this.apps.find({ _id: { $in: [...appNames] } }, { _id: 1 }).lean<Named[]>(),
    );
    return found.map(nameOf);
  }

  override async records({ limit, after = '' }: { limit: number; after?: string }): Promise<AppRecord[]> {
    const documents = await this.run(() =>
      this.apps
        .find({ _id: { $gt: after } })
        .sort({ _id: 1 })
        .limit(limit)
        .lean<AppDocument[]>(),
    );
    return documents.map(toRecord);
  }

  override async changedSince(
    { updated_at, app_name }: { updated_at: string; app_name: string },
    limit: number,
  ): Promise<AppRecord[]> {
    const documents = await this.run(() =>
      this.apps
        .find(APP_QUERIES.changedSince.filter(updated_at, app_name))
        .sort({ updated_at: 1, _id: 1 })
        .limit(limit)
        .lean<AppDocument[]>(),
    );
    return documents.map(toRecord);
  }

  /** What is left of the history of an app that was purged goes first, lest it become that of the new one. */
  override async insert(record: AppRecord): Promise<boolean> {
    const { app_name } = record;
    // Looked for before the record: where there is none then, it is of no app that is there now or comes from now on,
    // as the revisions of those are above those of all that was purged.
    const left = await this.history.newest(app_name);
    if (left !== null) {
      if ((await this.recorded([app_name])).length > 0) return false;
      await this.history.forget(app_name, left);
    }
    return await this.run(() => inserted(this.collection.insertOne(toDocument(record))));
  }

  override async replace(record: AppRecord, expectedRevision: number): Promise<boolean> {
    const read = this.lastRead.take(record.app_name, expectedRevision);
    if (read) {
      await this.history.keep(read);
      if (await this.updateRead(read, record)) return true;
    }
    const filter = { _id: record.app_name, revision: expectedRevision };
    const replaced = await this.run(() => this.apps.findOne(filter).lean<AppDocument>());
    if (!replaced) return false;
    await this.history.keep(replaced);
    return await this.update(filter, record);
  }

  override remembered(appName: string): AppRecord | null {
    const document = this.lastRead.recent(appName);
    return document && toRecord(document);
  }

  override async replaceRemembered(record: AppRecord, expectedRevision: number): Promise<boolean> {
    const read = this.lastRead.take(record.app_name, expectedRevision);
    // What is kept under its number already may have been written anew, under another key, since this was read.
    if (!read || !(await this.history.keepFirst(read))) return false;
    return await this.updateRead(read, record);
  }

  override async rewrite({
    app_name,
    revision,
    spec,
  }: Pick<Revision, 'app_name' | 'revision' | 'spec'>): Promise<boolean> {
    const text = toSpecText(spec);
    this.lastRead.take(app_name, revision);
    const { matchedCount } = await this.run(() =>
      this.apps.updateOne({ _id: app_name, revision }, { $set: { spec: text } }),
    );
    // Both, since it may be replaced at this moment.
    return (await this.history.rewrite(app_name, revision, text)) || matchedCount > 0;
  }

  override async revisions(
    appName: string,
    { limit, before = Number.MAX_SAFE_INTEGER }: { limit: number; before?: number },
  ): Promise<RevisionSummary[]> {
    return await this.history.list(appName, { limit, before });
  }

  override async revision(appName: string, revision: number): Promise<Revision | null> {
    return await this.history.get(appName, revision);
  }

  override async secretNames(appName: string, before: number): Promise<string[]> {
    return await this.history.secretNames(appName, before);
  }

  override async keepRevision(revision: Revision): Promise<void> {
    await this.history.keep(toDocument({ ...revision, published: {} }));
  }

  override async forgetRevisions(appName: string, keep: number): Promise<void> {
    await this.history.forgetOld(appName, keep);
  }

  override async behind(region: string, epoch: number, limit: number): Promise<string[]> {
    const { filter, index } = REGION_QUERIES.behind;
    this.database.indexes.want(this.apps, index(region));
    const found = await this.run(() =>
      this.apps.find(filter(region, epoch), { _id: 1 }).limit(limit).lean<Named[]>(),
    );
    return found.map(nameOf);
  }

  override async outbox(region: string, epoch: number): Promise<Outbox> {
    const waiting = await this.run(() =>
      this.apps
        .find(REGION_QUERIES.behind.filter(region, epoch), { _id: 0, updated_at: 1 })
        .lean<Pick<AppDocument, 'updated_at'>[]>(),
    );
    const [oldest = null] = waiting.map(({ updated_at }) => updated_at).sort();
    return { apps: waiting.length, oldest };
  }

  override async currentRevisions(): Promise<Map<string, number>> {
    const found = await this.run(() =>
      this.apps.find({ deleted: false }, { revision: 1 }).lean<(Named & { revision: number })[]>(),
    );
    return new Map(found.map(({ _id, revision }) => [_id, revision]));
  }

  override async markPublished(appName: string, region: string, mark: PublishedMark): Promise<void> {
    const { epoch, revision, verified_at } = mark;
    const marks = { [markField(region)]: { epoch, revision, verified_at }, [currentField(region)]: epoch };
    await this.run(() => this.apps.updateOne({ _id: appName, revision }, { $set: marks }));
  }

  override async claimVerification(region: string, claim: VerificationClaim): Promise<string[]> {
    this.database.indexes.want(this.apps, REGION_QUERIES.claimVerification.index(region));
    return await claimVerification(this.apps, (work) => this.run(work), region, claim);
  }

  override async noteVerified(
    region: string,
    appNames: readonly string[],
    verifiedAt: number,
  ): Promise<void> {
    const claimed = { _id: { $in: [...appNames] }, [verifiedField(region)]: { $lt: verifiedAt } };
    await this.run(() => this.apps.updateMany(claimed, { $set: { [verifiedField(region)]: verifiedAt } }));
  }

  override async clearPublished(appName: string, region: string): Promise<void> {
    const marks = { [markField(region)]: 1, [currentField(region)]: 1 } as const;
    await this.run(() => this.apps.updateOne({ _id: appName }, { $unset: marks }));
  }

  override async oldTombstones(before: string): Promise<Tombstone[]> {
    const documents = await this.run(() =>
      this.apps.find(APP_QUERIES.oldTombstones.filter(before)).lean<AppDocument[]>(),
    );
    return documents.map(toRecord);
  }

  override async purge({ app_name, revision }: Pick<Tombstone, 'app_name' | 'revision'>): Promise<boolean> {
    await this.raiseHighestPurged(revision);
    const tombstone = { _id: app_name, revision, deleted: true };
    // Whoever has used the name again by now keeps the history, and in the next moment that from the tombstone on.
    if (!(await this.run(() => this.apps.exists(tombstone)))) return false;
    // Before the record: where this ends in between, the next purge finds it, and finishes.
    await this.history.forget(app_name, revision - 1);
    const { deletedCount } = await this.run(() => this.apps.deleteOne(tombstone));
    // Who wanted to use the name again, and came too late, has kept the tombstone.
    if (deletedCount > 0) await this.history.forget(app_name, revision);
    return deletedCount > 0;
  }

  override async highestPurged(): Promise<number> {
    return (await this.numbers.get('purged')) ?? 0;
  }

  override async raiseHighestPurged(to: number): Promise<void> {
    await this.numbers.raise('purged', to);
  }

  override async epoch(): Promise<number> {
    return (await this.numbers.get('epoch')) ?? FIRST_EPOCH;
  }

  override async raiseEpoch(to: number): Promise<void> {
    await this.numbers.raise('epoch', to);
  }

  override async serverTime(): Promise<number | null> {
    return await this.database.serverTime();
  }

  override async problem(within?: 'check' | 'call'): Promise<string | null> {
    return await this.numbers.problem(within);
  }

  override async close(): Promise<void> {
    await this.database.close();
  }

  /** What is written is what would be read by the next change, which may come before anybody has read it. */
  private async updateRead(read: AppDocument, record: AppRecord): Promise<boolean> {
    const isDone = await this.update(exactly(read), record);
    if (isDone) this.lastRead.note({ ...read, ...toContent(record) });
    return isDone;
  }

  private async update(filter: Partial<AppDocument>, record: AppRecord): Promise<boolean> {
    const { matchedCount } = await this.run(() => this.apps.updateOne(filter, { $set: toContent(record) }));
    return matchedCount > 0;
  }

  /** The driver's own collection: mongoose hides why an insertion failed. */
  private get collection(): mongo.Collection<AppDocument> {
    return this.apps.collection as unknown as mongo.Collection<AppDocument>;
  }

  private async run<T>(work: () => Promise<T>): Promise<T> {
    for (const { index } of Object.values(APP_QUERIES)) this.database.indexes.want(this.apps, index);
    return await this.database.run(work);
  }
}

function nameOf({ _id }: Named): string {
  return _id;
}
