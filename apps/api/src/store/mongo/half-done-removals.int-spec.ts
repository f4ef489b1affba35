import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import mongoose from 'mongoose';
import { type AnyMongo, anyMongo } from '../../../../../tools/services/mongo.mjs';
import { createMongoDatabase } from '../testing/mongo-under-test.js';
import { recordOf, reportOf, tombstoneOf, workerOf } from '../testing/records.js';

jest.setTimeout(60_000);

let server: AnyMongo;

beforeAll(async () => {
  server = await anyMongo((line) => process.stderr.write(`${line}\n`));
}, 600_000);

afterAll(async () => {
  await server?.remove();
});

/** Has something happen before each removal of several documents. */
function beforeRemovals(happens: () => Promise<void>): { mockRestore(): void } {
  const remove = Reflect.get(mongoose.Model, 'deleteMany') as (...given: unknown[]) => unknown;
  return jest.spyOn(mongoose.Model, 'deleteMany').mockImplementation(function (this: unknown, ...given) {
    const removal = async (): Promise<unknown> => {
      await happens();
      return await Reflect.apply(remove, this, given);
    };
    return removal() as unknown as ReturnType<typeof mongoose.Model.deleteMany>;
  });
}

/** Has something happen before each bulk of removals. */
function beforeBulksOfRemovals(happens: () => Promise<void>): { mockRestore(): void } {
  const write = Reflect.get(mongoose.Collection.prototype, 'bulkWrite') as (...given: unknown[]) => unknown;
  return jest.spyOn(mongoose.Collection.prototype, 'bulkWrite').mockImplementation(function (
    this: unknown,
    ...given
  ) {
    const removal = async (): Promise<unknown> => {
      if (JSON.stringify(given).includes('"deleteOne"')) await happens();
      return await Reflect.apply(write, this, given);
    };
    return removal() as ReturnType<typeof mongoose.Collection.prototype.bulkWrite>;
  });
}

it('a worker that was half forgotten by an api that ended is still there, and forgotten by the next one', async () => {
  const database = createMongoDatabase(server.url);
  const { fleet } = await database.open();
  await fleet.saveWorkers([{ before: null, after: workerOf('a') }]);
  await fleet.saveReports([{ report: reportOf({ worker_id: 'a' }), boot: 1, received_at: 1 }]);
  const ended = jest.spyOn(mongoose.Model, 'deleteOne').mockImplementation(() => {
    throw new Error('the api has ended');
  });
  await expect(fleet.forget('a', 1)).rejects.toThrow('the api has ended');
  ended.mockRestore();
  expect([(await fleet.workers(['a'])).length, (await fleet.reportsOf('a')).length]).toEqual([1, 0]);
  expect(await fleet.forget('a', 1)).toBe(true);
  expect(await fleet.workers(['a'])).toEqual([]);
  await database.destroy();
});

it('a report that comes while its worker is being forgotten stays', async () => {
  const database = createMongoDatabase(server.url);
  const { fleet } = await database.open();
  const before = workerOf('late');
  const stored = (app_name: string, sequence: number) => ({
    ...{ report: reportOf({ worker_id: 'late', app_name, sequence }), boot: 1, received_at: 1 },
  });
  await fleet.saveWorkers([{ before: null, after: before }]);
  await fleet.saveReports([stored('shop', 1), stored('web', 1)]);
  const removing = beforeBulksOfRemovals(async () => {
    await fleet.saveWorkers([{ before, after: { ...before, version: before.version + 1 } }]);
    await fleet.saveReports([stored('shop', 2), stored('new', 3)]);
  });
  expect(await fleet.forget('late', before.version)).toBe(false);
  removing.mockRestore();
  expect((await fleet.workers(['late'])).map(({ version }) => version)).toEqual([before.version + 1]);
  const left = (await fleet.reportsOf('late')).map(({ report }) => [report.app_name, report.sequence]);
  expect(left).toEqual([
    ['new', 3],
    ['shop', 2],
  ]);
  await database.destroy();
});

it('a purged app leaves no history, at whatever moment the api ends', async () => {
  const database = createMongoDatabase(server.url);
  const { apps } = await database.open();
  const purged = tombstoneOf('ended', { revision: 2 });
  await apps.insert(recordOf('ended'));
  await apps.replace(purged, 1);
  expect(await apps.revisions('ended', { limit: 9 })).toMatchObject([{ revision: 1 }]);
  const ended = beforeRemovals(async () => {
    if ((await apps.recorded(['ended'])).length === 0) throw new Error('the api has ended');
  });
  await expect(apps.purge(purged)).rejects.toThrow('the api has ended');
  ended.mockRestore();
  expect(await apps.recorded(['ended'])).toEqual([]);
  expect(await apps.revisions('ended', { limit: 9 })).toEqual([]);
  await database.destroy();
});

it('what is left of the history of a purged app, as an api ended before it was forgotten, is not that of a new one', async () => {
  const database = createMongoDatabase(server.url);
  const { apps } = await database.open();
  await apps.insert(tombstoneOf('gone', { revision: 4 }));
  expect(await apps.purge({ app_name: 'gone', revision: 4 })).toBe(true);
  const { published: _marks, ...left } = recordOf('gone', { revision: 3 });
  await apps.keepRevision(left);
  expect(await apps.insert(recordOf('gone', { revision: 5 }))).toBe(true);
  expect(await apps.revisions('gone', { limit: 9 })).toEqual([]);

  // Whoever comes second takes nothing of the first one's.
  await apps.replace(recordOf('gone', { revision: 6 }), 5);
  expect(await apps.insert(recordOf('gone', { revision: 7 }))).toBe(false);
  expect(await apps.revisions('gone', { limit: 9 })).toMatchObject([{ revision: 5 }]);
  await database.destroy();
});
