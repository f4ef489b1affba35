import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import mongoose from 'mongoose';
import { SEARCHED_LINES } from '../../../../../libs/messaging/src/testing/searched-log.js';
import { type AnyMongo, anyMongo } from '../../../../../tools/services/mongo.mjs';
import { describeAppHistory } from '../testing/app-history.contract.js';
import { describeAppMemory } from '../testing/app-memory.contract.js';
import { describeAppRollout } from '../testing/app-rollout.contract.js';
import { describeAppStore } from '../testing/app-store.contract.js';
import { isEmpty, requireEmpty } from '../backup/restore.js';
import { checkStore } from '../check-store.js';
import { openStores } from '../open-app-store.js';
import { createMongoDatabase } from '../testing/mongo-under-test.js';
import { describeBackup } from '../testing/backup.contract.js';
import { describePublishingMarks } from '../testing/publishing-marks.contract.js';
import {
  expectRecorded,
  NEWEST_VERSION,
  RECORDED_VERSIONS,
  recordedText,
  recordedToken,
  writeRecorded,
} from '../testing/recorded-databases.js';
import { describeReportPages } from '../testing/report-pages.contract.js';
import { recordOf } from '../testing/records.js';
import { describeTokenStore } from '../testing/tokens.contract.js';
import { describeSecrets } from '../testing/secrets.contract.js';
import { MONGO_SCHEMA } from './schema-version.js';
import { describeWorkerRecords } from '../testing/worker-records.contract.js';

jest.setTimeout(60_000);

let server: AnyMongo;

beforeAll(async () => {
  server = await anyMongo((line) => process.stderr.write(`${line}\n`));
}, 600_000);

afterAll(async () => {
  await server?.remove();
});

describeAppStore('MongoDB', async () => createMongoDatabase(server.url));
describeAppHistory('MongoDB', async () => createMongoDatabase(server.url));
describeAppMemory('MongoDB', async () => createMongoDatabase(server.url));
describeBackup('MongoDB', async () => createMongoDatabase(server.url));
describePublishingMarks('MongoDB', async () => createMongoDatabase(server.url));
describeWorkerRecords('MongoDB', async () => createMongoDatabase(server.url));
describeAppRollout('MongoDB', async () => createMongoDatabase(server.url));
describeReportPages('MongoDB', async () => createMongoDatabase(server.url));
describeTokenStore('MongoDB', async () => createMongoDatabase(server.url));
describeSecrets('MongoDB', async () => createMongoDatabase(server.url));

it.each(RECORDED_VERSIONS)(
  'documents of version %s are read as they were written, and written on',
  async (version) => {
    const database = createMongoDatabase(server.url);
    const { url, database: dbName } = database.options;
    const connection = await mongoose.createConnection(url, { dbName }).asPromise();
    const collections = JSON.parse(recordedText(version, 'mongo.json')) as Record<string, { _id: string }[]>;
    for (const [name, documents] of Object.entries(collections))
      await connection.collection<{ _id: string }>(name).insertMany(documents);
    await connection.close();
    await expectRecorded(version, await database.open());
    await database.destroy();
  },
);

it('this version writes what the newest recorded one has written; else it needs a recording of its own', async () => {
  const database = createMongoDatabase(server.url);
  const stores = await database.open();
  await writeRecorded(NEWEST_VERSION, { ...stores, apps: stores.raw });
  const { url, database: dbName } = database.options;
  const connection = await mongoose.createConnection(url, { dbName }).asPromise();
  const recorded = JSON.parse(recordedText(NEWEST_VERSION, 'mongo.json')) as Record<
    string,
    { _id: string }[]
  >;
  const tokens = [recordedToken(NEWEST_VERSION).mongo];
  for (const [name, documents] of Object.entries({ ...recorded, tokens })) {
    const found = await connection.collection<{ _id: string }>(name).find().toArray();
    const written = found
      // The version of the schema is told of by a test of its own.
      .filter(({ _id }) => _id !== 'schema')
      // Each write has a mark of its own, drawn by chance.
      .map((document) => ('write' in document ? { ...document, write: 'write-1' } : document));
    expect(written).toHaveLength(documents.length);
    expect(written).toEqual(expect.arrayContaining(documents));
  }
  await connection.close();
  await database.destroy();
});

it('a database that has a part of a backup alone is refused in a sentence, until the restore is over', async () => {
  const database = createMongoDatabase(server.url);
  const { url, database: dbName } = database.options;
  const options = { kind: 'mongo', url, database: dbName } as const;
  const log = SEARCHED_LINES;
  const { apps, restoring } = await openStores(options, log);
  await restoring.begin();
  await apps.insert(recordOf('shop'));
  const refusal = new RegExp(
    `^the database ${dbName} of MongoDB at \\S+ has a part of a backup alone: a restore is under way, or was ended before it was done; if none is under way, drop it, `,
  );
  await expect(checkStore(options)).rejects.toThrow(refusal);
  const again = await openStores(options, log);
  await expect(requireEmpty(again)).rejects.toThrow(refusal);
  await again.apps.close();
  await restoring.end();
  await apps.close();
  await checkStore(options);
  expect(await (await database.open()).apps.get('shop')).toEqual(recordOf('shop'));
  await database.destroy();
});

it('a database that a newer version has written is refused in a sentence, and not touched', async () => {
  const database = createMongoDatabase(server.url);
  const { apps } = await database.open();
  await apps.insert(recordOf('shop'));
  const { url, database: dbName } = database.options;
  const connection = await mongoose.createConnection(url, { dbName }).asPromise();
  const settings = connection.collection<{ _id: string; value: number }>('settings');
  expect(await settings.findOne({ _id: 'schema' })).toMatchObject({ value: MONGO_SCHEMA });
  await settings.updateOne({ _id: 'schema' }, { $set: { value: MONGO_SCHEMA + 1 } });
  const refusal = new RegExp(
    `^the database ${dbName} of MongoDB at \\S+ was written by a newer version of the program \\(schema ${MONGO_SCHEMA + 1}, this one knows up to ${MONGO_SCHEMA}\\)$`,
  );
  const { apps: older } = await database.open();
  expect(await older.problem()).toMatch(refusal);
  await expect(older.insert(recordOf('web'))).rejects.toThrow(refusal);
  await expect(checkStore({ kind: 'mongo', url, database: dbName })).rejects.toThrow(refusal);
  // It serves as soon as it may, without a new start.
  await settings.updateOne({ _id: 'schema' }, { $set: { value: MONGO_SCHEMA } });
  expect(await older.get('web')).toBeNull();
  expect(await older.get('shop')).toEqual(recordOf('shop'));
  await connection.close();
  await database.destroy();
});

it('the server tells its time', async () => {
  const database = createMongoDatabase(server.url);
  const { apps } = await database.open();
  const apart = Math.abs(((await apps.serverTime()) ?? 0) - Date.now());
  // It may be on another machine.
  expect(apart).toBeLessThan(3_600_000);
  await database.destroy();
});

it('a database of an older version, which may be in use by that, is neither backed up nor changed by a backup', async () => {
  const database = createMongoDatabase(server.url);
  const { apps } = await database.open();
  const { url, database: dbName } = database.options;
  const options = { kind: 'mongo', url, database: dbName } as const;
  const connection = await mongoose.createConnection(url, { dbName }).asPromise();
  const settings = connection.collection<{ _id: string; value: number }>('settings');
  const look = async () => {
    const stores = await openStores(options, SEARCHED_LINES, { asItIs: true });
    try {
      return await isEmpty(stores);
    } finally {
      await stores.apps.close();
    }
  };
  // One with nothing in it is of no version, and a look doesn't make it one.
  expect(await look()).toBe(true);
  expect(await settings.findOne({ _id: 'schema' })).toBeNull();
  await apps.insert(recordOf('shop'));
  expect(await look()).toBe(false);

  // Databases of before the version was noted have none.
  for (const note of [
    () => settings.deleteOne({ _id: 'schema' }),
    () => settings.updateOne({ _id: 'schema' }, { $set: { value: MONGO_SCHEMA - 1 } }, { upsert: true }),
  ]) {
    await note();
    const before = await settings.find().toArray();
    await expect(look()).rejects.toThrow(
      new RegExp(
        `^the database ${dbName} of MongoDB at \\S+ was written by an older version of the program \\(schema ${MONGO_SCHEMA - 1}, this one has ${MONGO_SCHEMA}\\) and stays as it is: `,
      ),
    );
    expect(await settings.find().toArray()).toEqual(before);
  }
  await connection.close();
  await database.destroy();
});

it('a record is replaced by what was remembered of it only while the database has just that', async () => {
  const database = createMongoDatabase(server.url);
  const { apps } = await database.open();
  const { apps: others } = await database.open();
  const at = (revision: number, reason: string) => recordOf('shop', { revision, reason });
  expect(apps.remembered('shop')).toBeNull();
  await apps.insert(at(1, 'first'));
  await apps.get('shop');
  expect(apps.remembered('shop')).toEqual(at(1, 'first'));
  expect(await apps.replaceRemembered(at(2, 'second'), 1)).toBe(true);
  expect(apps.remembered('shop')).toEqual(at(2, 'second'));
  expect(await apps.get('shop')).toEqual(at(2, 'second'));
  expect(await apps.revision('shop', 1)).toMatchObject({ reason: 'first' });

  // Another was faster, and has kept what is remembered here.
  expect(await others.replace(at(3, 'third'), 2)).toBe(true);
  expect(apps.remembered('shop')).toEqual(at(2, 'second'));
  expect(await apps.replaceRemembered(at(3, 'lost'), 2)).toBe(false);
  expect(apps.remembered('shop')).toBeNull();
  expect(await apps.get('shop')).toEqual(at(3, 'third'));

  // A restored database has come to the same revision another way.
  const { url, database: dbName } = database.options;
  const connection = await mongoose.createConnection(url, { dbName }).asPromise();
  const restored = { $set: { reason: 'restored', updated_at: '2026-11-01T11:00:00.000Z' } };
  await connection.collection<{ _id: string }>('apps').updateOne({ _id: 'shop' }, restored);
  await connection.close();
  expect(await apps.replaceRemembered(at(4, 'of what is gone'), 3)).toBe(false);
  expect(await apps.get('shop')).toMatchObject({ revision: 3, reason: 'restored' });
  expect(await apps.replace(at(4, 'fourth'), 3)).toBe(true);
  expect(await apps.revision('shop', 3)).toMatchObject({ reason: 'restored' });
  await database.destroy();
});

it('apps of a version that kept no history are read, and their history is kept from now on', async () => {
  const database = createMongoDatabase(server.url);
  const { apps } = await database.open();
  await apps.insert(recordOf('shop', { revision: 7, reason: 'gone' }));
  const { url } = database.options;
  const connection = await mongoose.createConnection(url, { dbName: database.options.database }).asPromise();
  const $unset = { change: 1, changed_by: 1, reason: 1 };
  await connection.collection('apps').updateOne({ revision: 7 }, { $unset });
  await connection.close();
  const old = recordOf('shop', { revision: 7, change: null, changed_by: null, reason: null });
  expect(await apps.get('shop')).toEqual(old);
  expect(await apps.replace(recordOf('shop', { revision: 8 }), 7)).toBe(true);
  const { published: _marks, ...kept } = old;
  expect(await apps.revision('shop', 7)).toEqual(kept);
  await database.destroy();
});
