import { type AppSpec, expandTokens } from '@nebula/contracts';
import { type Model, type mongo, Schema } from 'mongoose';
import type { Revision, RevisionSummary } from '../app-store.js';
import { fromSpecText } from '../spec-text.js';
import { type AppDocument, toNote } from './app-document.js';
import type { IndexKeys } from './index-keeper.js';
import type { MongoDatabase } from './mongo-database.js';
import { inserted, isDuplicateKey } from './mongo-errors.js';

/** A revision that was replaced, in the collection `revisions`: its app's document as it was, but for the marks. */
interface RevisionDocument extends Omit<AppDocument, '_id' | 'published' | 'current'> {
  /** `<app>:<revision>`, so that one is kept once. */
  _id: string;
  app_name: string;
}

const { Mixed } = Schema.Types;

const REVISION_SCHEMA = new Schema<RevisionDocument>(
  {
    _id: String,
    app_name: String,
    spec: String,
    revision: Number,
    tokens: Mixed,
    deleted: Boolean,
    created_at: String,
    updated_at: String,
    change: String,
    changed_by: String,
    reason: String,
  },
  { versionKey: false, minimize: false },
);

/** Serves everything that is asked about the revisions of an app. */
const INDEX: IndexKeys = { app_name: 1, revision: -1 };

/**
 * Is in the text of every spec with secrets, as `JSON.stringify` writes it, and in no other: a quote in a value is
 * escaped. So the others stay in the database.
 */
const WITH_SECRETS = String.raw`"secret_env_vars":\["`;

/** Specs that are read at a time. Each can be as large as a spec may be. */
const PAGE = 20;

/** Revisions that were replaced. */
export class AppHistory {
  private readonly revisions: Model<RevisionDocument>;

  constructor(private readonly database: MongoDatabase) {
    this.revisions = database.model('revisions', REVISION_SCHEMA);
  }

  /**
   * Keeps what a document says at its revision. It is true whether or not it is replaced then. One that is kept under
   * the same number gives way: it can only be of a later time than the backup from which the apps were restored.
   */
  async keep(document: AppDocument): Promise<void> {
    const { _id, ...content } = toRevision(document);
    await this.run(async () => {
      try {
        await this.collection.replaceOne({ _id }, content, { upsert: true });
      } catch (error) {
        // Another keeps the same at the same time.
        if (!isDuplicateKey(error)) throw error;
      }
    });
  }

  /** Keeps what a document has said at its revision, unless something is kept under that number: then answers false. */
  async keepFirst(document: AppDocument): Promise<boolean> {
    return await this.run(() => inserted(this.collection.insertOne(toRevision(document))));
  }

  async list(
    appName: string,
    { limit, before }: { limit: number; before: number },
  ): Promise<RevisionSummary[]> {
    const documents = await this.run(() =>
      this.revisions
        .find({ app_name: appName, revision: { $lt: before } }, { spec: 0, tokens: 0 })
        .sort({ revision: -1 })
        .limit(limit)
        .lean<RevisionDocument[]>(),
    );
    return documents.map(toSummary);
  }

  /**
   * The highest number under which something is kept of an app, be it of one that was purged; null when nothing is.
   * @param skipped how many higher ones don't count
   */
  async newest(appName: string, skipped = 0): Promise<number | null> {
    const [newest] = await this.run(() =>
      this.revisions
        .find({ app_name: appName }, { revision: 1 })
        .sort({ revision: -1 })
        .skip(skipped)
        .limit(1)
        .lean<Pick<RevisionDocument, 'revision'>[]>(),
    );
    return newest?.revision ?? null;
  }

  async get(appName: string, revision: number): Promise<Revision | null> {
    const _id = `${appName}:${revision}`;
    const document = await this.run(() => this.revisions.findOne({ _id }).lean<RevisionDocument>());
    if (!document) return null;
    const { spec, tokens } = document;
    return {
      ...toSummary(document),
      spec: fromSpecText(spec),
      tokens: expandTokens(tokens),
    };
  }

  /** Names of variables that are a secret in any revision below `before`. */
  async secretNames(appName: string, before: number): Promise<string[]> {
    const names = new Set<string>();
    for (let from = before; ; ) {
      const filter = { app_name: appName, revision: { $lt: from }, spec: { $regex: WITH_SECRETS } };
      const page = await this.run(() =>
        this.revisions
          .find(filter, { revision: 1, spec: 1 })
          .sort({ revision: -1 })
          .limit(PAGE)
          .lean<Pick<RevisionDocument, 'revision' | 'spec'>[]>(),
      );
      for (const { revision, spec } of page) {
        from = revision;
        const { secret_env_vars = [] } = JSON.parse(spec ?? '{}') as Partial<AppSpec>;
        for (const name of secret_env_vars) names.add(name);
      }
      if (page.length < PAGE) return [...names];
    }
  }

  /** Sets the text of a spec; false when the revision is not kept. */
  async rewrite(appName: string, revision: number, spec: string | null): Promise<boolean> {
    const _id = `${appName}:${revision}`;
    const { matchedCount } = await this.run(() => this.revisions.updateOne({ _id }, { $set: { spec } }));
    return matchedCount > 0;
  }

  /** Forgets all but the newest `keep`. */
  async forgetOld(appName: string, keep: number): Promise<void> {
    const newest = await this.newest(appName, keep);
    if (newest !== null) await this.forget(appName, newest);
  }

  /** Forgets those up to this one. */
  async forget(appName: string, upTo: number): Promise<void> {
    await this.run(() => this.revisions.deleteMany({ app_name: appName, revision: { $lte: upTo } }));
  }

  /** The driver's own collection: mongoose hides why an insertion failed. */
  private get collection(): mongo.Collection<RevisionDocument> {
    return this.revisions.collection as unknown as mongo.Collection<RevisionDocument>;
  }

  private async run<T>(work: () => Promise<T>): Promise<T> {
    this.database.indexes.want(this.revisions, INDEX);
    return await this.database.run(work);
  }
}

function toRevision(document: AppDocument): RevisionDocument {
  const { _id: app_name, published: _marks, current: _epochs, ...content } = document;
  return { _id: `${app_name}:${content.revision}`, app_name, ...content };
}

function toSummary(document: RevisionDocument): RevisionSummary {
  const { app_name, revision, deleted, created_at, updated_at } = document;
  return { app_name, revision, deleted, created_at, updated_at, ...toNote(document) };
}
