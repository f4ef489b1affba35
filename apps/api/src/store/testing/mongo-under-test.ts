import { randomBytes } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { SEARCHED_LINES } from '../../../../../libs/messaging/src/testing/searched-log.js';
import { APP_SCHEMA, type AppDocument } from '../mongo/app-document.js';
import { MongoAppStore } from '../mongo/mongo-app-store.js';
import { MongoDatabase } from '../mongo/mongo-database.js';
import { MongoFleetStore } from '../mongo/mongo-fleet-store.js';
import { MONGO_LIMITS, type MongoOptions } from '../mongo/mongo-options.js';
import { MongoTokenStore } from '../mongo/mongo-token-store.js';
import { SealingAppStore } from '../secrets/sealing-app-store.js';
import type { DatabaseUnderTest, Stores } from './database-under-test.js';
import { TEST_KEYRING } from './keys.js';

/** The server may be one that reads every document, on a machine that has other things to do. */
const LIMITS = { ...MONGO_LIMITS, call: 100_000, silence: 100_000 };

export async function openStores(options: MongoOptions, limits = LIMITS): Promise<Stores> {
  return storesOf(new MongoDatabase(options, SEARCHED_LINES, limits));
}

/** An empty database of a server that runs. */
export function createMongoDatabase(url: string): DatabaseUnderTest & { options: MongoOptions } {
  const options = { url, database: `nebula-test-${randomBytes(6).toString('hex')}` };
  const opened: MongoDatabase[] = [];
  return {
    options,
    elsewhere: { module: pathToFileURL(import.meta.filename).href, options },
    async open() {
      const database = new MongoDatabase(options, SEARCHED_LINES, LIMITS);
      opened.push(database);
      return storesOf(database);
    },
    async specTexts() {
      const database = new MongoDatabase(options, SEARCHED_LINES, LIMITS);
      try {
        const stored = ['apps', 'revisions'].map((name) => {
          const documents = database.model<AppDocument>(name, APP_SCHEMA);
          return database.run(() => documents.find().lean<AppDocument[]>());
        });
        return (await Promise.all(stored)).flat().flatMap(({ spec }) => spec ?? []);
      } finally {
        await database.close();
      }
    },
    async destroy() {
      for (const database of opened) await database.close();
      const last = new MongoDatabase(options, SEARCHED_LINES, LIMITS);
      await last.drop();
      await last.close();
    },
  };
}

function storesOf(database: MongoDatabase): Stores {
  const raw = new MongoAppStore(database);
  return {
    apps: new SealingAppStore(raw, TEST_KEYRING),
    raw,
    fleet: new MongoFleetStore(database),
    tokens: new MongoTokenStore(database),
  };
}
