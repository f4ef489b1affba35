import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { ReceivedReport } from '@nebula/messaging';
import type { Stores } from '../store/testing/database-under-test.js';
import { createSqliteDatabase, type SqliteUnderTest } from '../store/testing/sqlite-under-test.js';
import type { ReportInbox } from './report-inbox.js';
import { ReportsController } from './reports.controller.js';
import { InboxSurroundings, inboxOn } from './testing/inbox-under-test.js';
import { heartbeatOf } from './testing/messages.js';

let database: SqliteUnderTest;
let stores: Stores;
let inbox: ReportInbox;

beforeEach(async () => {
  database = await createSqliteDatabase();
  stores = await database.open();
  ({ inbox } = inboxOn(stores, new InboxSurroundings()));
});

afterEach(async () => {
  await database.destroy();
});

function from(payload: unknown): ReceivedReport {
  return { payload, user_id: null };
}

const GOOD = ['a', 'b', 'c'];

/** A delivery with one message in the midst of good ones. */
function around(payload: unknown): ReceivedReport[] {
  const [first, ...others] = GOOD.map((worker_id) => from(heartbeatOf({ worker_id })));
  return [first ?? from(null), from(payload), ...others];
}

async function written(): Promise<string[]> {
  return (await stores.fleet.workers(GOOD)).map(({ worker_id }) => worker_id).sort();
}

it.each([
  ['one that is very deep', JSON.parse(`{"kind":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)],
  [
    'one that can not even be read',
    {
      get kind() {
        throw new Error('no');
      },
    },
  ],
])('of a delivery with %s the others are written before it is acknowledged', async (_what, payload) => {
  await new ReportsController(inbox).receive(around(payload));
  expect(await written()).toEqual(GOOD);
  expect(inbox.invalid).toBe(1);
});

it('a delivery in which the handling of one fails is not answered before the others are written', async () => {
  const receive = inbox.receive.bind(inbox);
  inbox.receive = (report) =>
    report.payload === 'bad' ? Promise.reject(new Error('a bug')) : receive(report);
  await expect(new ReportsController(inbox).receive(around('bad'))).rejects.toThrow('a bug');
  expect(await written()).toEqual(GOOD);
});
