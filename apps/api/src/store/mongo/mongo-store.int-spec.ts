import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import mongoose from 'mongoose';
import { type AnyMongo, anyMongo } from '../../../../../tools/services/mongo.mjs';
import { describeAppHistory } from '../testing/app-history.contract.js';
import { describeAppRollout } from '../testing/app-rollout.contract.js';
import { describeAppStore } from '../testing/app-store.contract.js';
import { createMongoDatabase } from '../testing/mongo-under-test.js';
import { describeBackup } from '../testing/backup.contract.js';
import { describePublishingMarks } from '../testing/publishing-marks.contract.js';
import { recordOf } from '../testing/records.js';
import { describeTokenStore } from '../testing/tokens.contract.js';
import { describeSecrets } from '../testing/secrets.contract.js';
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
describeBackup('MongoDB', async () => createMongoDatabase(server.url));
describePublishingMarks('MongoDB', async () => createMongoDatabase(server.url));
describeWorkerRecords('MongoDB', async () => createMongoDatabase(server.url));
describeAppRollout('MongoDB', async () => createMongoDatabase(server.url));
describeTokenStore('MongoDB', async () => createMongoDatabase(server.url));
describeSecrets('MongoDB', async () => createMongoDatabase(server.url));

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
