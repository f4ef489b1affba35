import { expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { searchLogged } from '../../../../../libs/messaging/src/testing/searched-log.js';
import { eventually } from '../../testing/eventually.js';
import { StoreUnavailableError } from '../app-store.js';
import { IndexKeeper } from './index-keeper.js';
import { storeError } from './mongo-errors.js';

interface App {
  updated_at: string;
}

const connection = mongoose.createConnection();
const apps = connection.model<App>('apps', new mongoose.Schema<App>({ updated_at: String }), 'apps');

const refusal = storeError('MongoDB', new mongoose.mongo.MongoServerError({ code: 67, message: 'too many' }));

it.each([
  ['is asked for again after an outage', new StoreUnavailableError('away'), 2, 0],
  ['is asked for again after an error that nobody knows, told once', new Error('odd'), 2, 1],
  ['is asked for once when the server refuses it', refusal, 1, 1],
])('an index %s', async (_what, error, asked, told) => {
  const lines: string[] = [];
  let calls = 0;
  const run = async () => {
    calls += 1;
    throw error;
  };
  const log = { info: searchLogged, warn: (message: string) => void lines.push(message) };
  const keeper = new IndexKeeper(run, log);
  keeper.want(apps, { updated_at: 1 });
  await eventually(() => expect(calls).toBe(1));
  // What follows the failure has happened by the next turn.
  await new Promise((resolve) => setImmediate(resolve));
  keeper.want(apps, { updated_at: 1 });
  await new Promise((resolve) => setImmediate(resolve));
  expect([calls, lines.length]).toEqual([asked, told]);
});

it('an index is made once, and once more in the database that has come out of a backup', async () => {
  let calls = 0;
  const run = async () => {
    calls += 1;
  };
  const keeper = new IndexKeeper(run, { info: searchLogged, warn: searchLogged });
  for (let time = 0; time < 3; time += 1) keeper.want(apps, { updated_at: 1 });
  expect(calls).toBe(1);
  keeper.forget();
  for (let time = 0; time < 3; time += 1) keeper.want(apps, { updated_at: 1 });
  expect(calls).toBe(2);
});
