import { type Model, type mongo, Schema } from 'mongoose';
import { type TokenPage, type TokenRecord, TokenStore } from '../token-store.js';
import type { MongoDatabase } from './mongo-database.js';
import { inserted } from './mongo-errors.js';

/** A token in the collection `tokens`; its key is the name, so that a name is used once. */
type TokenDocument = Omit<TokenRecord, 'name'> & { _id: string };

const SCHEMA = new Schema<TokenDocument>(
  {
    ...{ _id: String, id: String, hash: String, rights: String, apps: [String], created_at: String },
    ...{ created_by: String, expires_at: String, last_used_at: String },
  },
  // `id` is a field of ours, not the name of the driver's own key.
  { versionKey: false, id: false },
);

/** Without it a look-up by id would read every token. */
const ID_INDEX = { id: 1 } as const;

/** Tokens in a MongoDB, one document each. */
export class MongoTokenStore extends TokenStore {
  private readonly tokens: Model<TokenDocument>;

  constructor(private readonly database: MongoDatabase) {
    super();
    this.tokens = database.model('tokens', SCHEMA);
  }

  override async get(name: string): Promise<TokenRecord | null> {
    const found = await this.run(() => this.tokens.findOne({ _id: name }).lean<TokenDocument>());
    return found && toRecord(found);
  }

  override async byId(id: string): Promise<TokenRecord | null> {
    const found = await this.run(() => this.tokens.findOne({ id }).lean<TokenDocument>());
    return found && toRecord(found);
  }

  override async list({ limit, after = '' }: { limit: number; after?: string }): Promise<TokenPage> {
    const found = await this.run(() =>
      this.tokens
        .find({ _id: { $gt: after } })
        .sort({ _id: 1 })
        .limit(limit + 1)
        .lean<TokenDocument[]>(),
    );
    const items = found.slice(0, limit).map(toRecord);
    return { items, next_after: found.length > limit ? (items.at(-1)?.name ?? null) : null };
  }

  override async insert({ name, ...record }: TokenRecord): Promise<boolean> {
    // The driver's own collection: mongoose hides why an insertion failed.
    const collection = this.tokens.collection as unknown as mongo.Collection<TokenDocument>;
    return await this.run(() => inserted(collection.insertOne({ _id: name, ...record })));
  }

  override async remove(name: string): Promise<boolean> {
    const { deletedCount } = await this.run(() => this.tokens.deleteOne({ _id: name }));
    return deletedCount > 0;
  }

  override async noteUse({ name, id }: { name: string; id: string }, at: string): Promise<void> {
    const older = { $or: [{ last_used_at: null }, { last_used_at: { $lt: at } }] };
    await this.run(() => this.tokens.updateOne({ _id: name, id, ...older }, { $set: { last_used_at: at } }));
  }

  private async run<T>(work: () => Promise<T>): Promise<T> {
    this.database.indexes.want(this.tokens, ID_INDEX);
    return await this.database.run(work);
  }
}

function toRecord({ _id, id, hash, rights, apps, ...rest }: TokenDocument): TokenRecord {
  const { created_at, created_by, expires_at, last_used_at } = rest;
  return { name: _id, id, hash, rights, apps, created_at, created_by, expires_at, last_used_at };
}
