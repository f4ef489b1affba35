import { afterAll, beforeAll, jest } from '@jest/globals';
import { type AnyMongo, anyMongo } from '../../../../../tools/services/mongo.mjs';
import { describeAppRollout } from '../testing/app-rollout.contract.js';
import { describeAppStore } from '../testing/app-store.contract.js';
import { createMongoDatabase } from '../testing/mongo-under-test.js';
import { describePublishingMarks } from '../testing/publishing-marks.contract.js';
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
describePublishingMarks('MongoDB', async () => createMongoDatabase(server.url));
describeWorkerRecords('MongoDB', async () => createMongoDatabase(server.url));
describeAppRollout('MongoDB', async () => createMongoDatabase(server.url));
describeTokenStore('MongoDB', async () => createMongoDatabase(server.url));
describeSecrets('MongoDB', async () => createMongoDatabase(server.url));
