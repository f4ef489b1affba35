import { type Model, Schema } from 'mongoose';
import type { MongoDatabase } from './mongo-database.js';
import { isDuplicateKey } from './mongo-errors.js';

type Name = 'epoch' | 'purged';

interface NumberDocument {
  _id: Name;
  value: number;
}

const NUMBER_SCHEMA = new Schema<NumberDocument>({ _id: String, value: Number }, { versionKey: false });

/** Numbers that are kept beside the apps, in the collection `settings`, and only grow. */
export class GrowingNumbers {
  private readonly numbers: Model<NumberDocument>;

  constructor(private readonly database: MongoDatabase) {
    this.numbers = database.model('settings', NUMBER_SCHEMA);
  }

  /** Null when it was never raised. */
  async get(name: Name): Promise<number | null> {
    return await this.database.run(() => this.find(name));
  }

  async raise(name: Name, value: number): Promise<void> {
    await this.database.run(async () => {
      const raise = () => this.numbers.updateOne({ _id: name }, { $max: { value } }, { upsert: true });
      try {
        await raise();
      } catch (error) {
        // Two that insert it at once: the loser finds it now.
        if (!isDuplicateKey(error)) throw error;
        await raise();
      }
    });
  }

  /** Null when the database answers, else what is in the way. */
  async problem(within?: 'check' | 'call'): Promise<string | null> {
    return await this.database.problem(() => this.find('epoch'), within);
  }

  private async find(name: Name): Promise<number | null> {
    const found = await this.numbers.findOne({ _id: name }).lean<NumberDocument>();
    return found?.value ?? null;
  }
}
