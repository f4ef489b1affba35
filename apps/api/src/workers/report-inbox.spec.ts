import { rename } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StoreUnavailableError } from '../store/app-store.js';
import type { Stores } from '../store/testing/database-under-test.js';
import { recordOf, reportOf, workerOf } from '../store/testing/records.js';
import { createSqliteDatabase, type SqliteUnderTest } from '../store/testing/sqlite-under-test.js';
import { eventually } from '../testing/eventually.js';
import type { Listening } from './listening.js';
import type { ReportInbox } from './report-inbox.js';
import { InboxSurroundings, inboxOn } from './testing/inbox-under-test.js';
import { briefOf, heartbeatOf } from './testing/messages.js';

let database: SqliteUnderTest;
let stores: Stores;
let around: InboxSurroundings;
let inbox: ReportInbox;
let listening: Listening;

async function say(payload: unknown, user_id: string | null = null, to = inbox): Promise<void> {
  await to.receive({ payload, user_id });
}

async function known(id = 'worker-1') {
  return (await stores.fleet.workers([id]))[0];
}

/** The apps of which the store has reports. */
async function reported(id = 'worker-1'): Promise<string[]> {
  return (await stores.fleet.reportsOf(id)).map(({ report }) => report.app_name);
}

beforeEach(async () => {
  database = await createSqliteDatabase();
  stores = await database.open();
  around = new InboxSurroundings();
  ({ inbox, listening } = inboxOn(stores, around));
});

afterEach(async () => {
  await database.destroy();
});

describe('the inbox', () => {
  it('keeps records and reports of all that came together, in one write each', async () => {
    await Promise.all([
      ...Array.from({ length: 300 }, (_, n) => say(heartbeatOf({ worker_id: `w${n}` }))),
      say(reportOf({ sequence: 2 })),
      say(reportOf({ sequence: 3, state: 'failed' })),
      say(heartbeatOf({ sequence: 1, apps: [briefOf('web')] })),
    ]);
    expect(await stores.fleet.workerPage({ limit: 1_000, silence: { now: 0, listened_ms: 0 } })).toHaveLength(
      301,
    );
    expect(await known()).toMatchObject({ version: 1, apps: [{ sequence: 3 }, { app_name: 'web' }] });
    const boot = (await known())?.boots[0]?.number;
    expect(await stores.fleet.reportsOf('worker-1')).toMatchObject([{ boot, report: { sequence: 3 } }]);
  });

  it('forgets the reports of apps that are listed no more', async () => {
    await say(reportOf());
    await say(reportOf({ app_name: 'web', sequence: 2 }));
    await say(heartbeatOf({ sequence: 3, apps: [briefOf('web')] }));
    expect((await known())?.apps.map(({ app_name }) => app_name)).toEqual(['web']);
    expect(await reported()).toEqual(['web']);
  });

  it('forgets them also when the store goes away before it has, and the messages come again', async () => {
    const save = stores.fleet.saveReports.bind(stores.fleet);
    await say(reportOf());
    await say(reportOf({ app_name: 'web', sequence: 2 }));
    const heartbeat = heartbeatOf({ sequence: 3, apps: [briefOf('web')] });
    stores.fleet.saveReports = () => Promise.reject(new StoreUnavailableError('away'));
    await say(heartbeat);
    expect(around.paused).toBe(true);
    expect((await known())?.apps.map(({ app_name }) => app_name)).toEqual(['web']);
    stores.fleet.saveReports = save;
    await say(heartbeat);
    expect(await reported()).toEqual(['web']);
  });

  it('forgets one that another instance has put back, when the worker starts anew', async () => {
    const { inbox: other } = inboxOn(await database.open(), around);
    const save = stores.fleet.saveReports.bind(stores.fleet);
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    await say(reportOf({ app_name: 'web', sequence: 1 }));
    stores.fleet.saveReports = async (reports) => {
      await released;
      await save(reports);
    };
    const late = say(reportOf({ sequence: 2 }));
    await eventually(async () => expect((await known())?.apps).toHaveLength(2));
    await say(heartbeatOf({ sequence: 3, apps: [briefOf('web')] }), null, other);
    release();
    await late;
    await say(heartbeatOf({ boot_nonce: 'boot-2', apps: [briefOf('web')] }));
    expect(await reported()).toEqual(['web']);
  });

  it('takes no report that was left of an earlier life of a worker for newer', async () => {
    const report = reportOf({ sequence: 900, revision: 7 });
    await stores.fleet.saveReports([{ report, boot: 5, received_at: 1 }]);
    await say(reportOf({ sequence: 1, revision: 8 }));
    expect(await stores.fleet.reportsOf('worker-1')).toMatchObject([{ report: { revision: 8 } }]);
  });

  it('tells how long a worker took for what is wanted, and for nothing else', async () => {
    const updated_at = new Date(Date.now() - 5_000).toISOString();
    await stores.apps.insert(recordOf('shop', { updated_at, revision: 4 }));
    await say(reportOf({ worker_id: 'current', revision: 4 }));
    await say(reportOf({ worker_id: 'behind', revision: 3 }));
    await say(reportOf({ worker_id: 'elsewhere', revision: 4, epoch: 2 }));
    await say(reportOf({ worker_id: 'unknown', app_name: 'nothing' }));
    const took = async (id: string) => (await known(id))?.apps[0]?.took_ms;
    expect(await took('current')).toBeGreaterThanOrEqual(5_000);
    expect(await took('current')).toBeLessThan(60_000);
    for (const id of ['behind', 'elsewhere', 'unknown']) expect(await took(id)).toBeNull();
  });

  it('tells no time of a worker that was there before, when it starts anew or the epoch is raised', async () => {
    const updated_at = new Date(Date.now() - 3 * 86_400_000).toISOString();
    await stores.apps.insert(recordOf('shop', { updated_at, revision: 4 }));
    const took = async (id: string) => (await known(id))?.apps[0]?.took_ms;
    const nothing = { epoch: 0, revision: 0, state: 'converging' } as const;
    for (const worker_id of ['late', 'quick']) await say(reportOf({ worker_id, ...nothing }));
    await say(reportOf({ worker_id: 'late', revision: 4, sequence: 2 }));
    const first = await took('late');
    // One that has only just begun to run the app is measured from then on.
    expect(first).toBeLessThan(60_000);
    const again = { worker_id: 'late', boot_nonce: 'boot-2' };
    await say(reportOf({ ...again, ...nothing }));
    await say(reportOf({ ...again, revision: 4, sequence: 2 }));
    expect(await took('late')).toBe(first);
    const epoch = 2;
    await stores.apps.raiseEpoch(epoch);
    for (const worker_id of ['late', 'quick'])
      await say(reportOf({ ...again, worker_id, epoch, revision: 4, sequence: 3 }));
    expect(await took('late')).toBeNull();
    // Whoever had not converged before has a time.
    expect(await took('quick')).toBeLessThan(60_000);
    const changed = { updated_at: new Date(Date.now() - 5_000).toISOString(), revision: 5 };
    expect(await stores.apps.replace(recordOf('shop', changed), 4)).toBe(true);
    await say(reportOf({ ...again, epoch, revision: 5, sequence: 4 }));
    expect(await took('late')).toBeGreaterThanOrEqual(5_000);
    expect(await took('late')).toBeLessThan(60_000);
  });

  it('does not read an app for each name that a worker has, however many those are', async () => {
    const updated_at = new Date(Date.now() - 5_000).toISOString();
    await stores.apps.insert(recordOf('shop', { updated_at, revision: 4 }));
    await stores.apps.insert(recordOf('other', { updated_at, revision: 4 }));
    const get = stores.apps.get.bind(stores.apps);
    const read: string[] = [];
    stores.apps.get = async (name) => {
      read.push(name);
      return await get(name);
    };
    const invented = Array.from({ length: 2_500 }, (_, n) => briefOf(`invented-${n}`));
    const apps = [...invented, briefOf('other', { epoch: 2 }), briefOf('shop', { revision: 4 })];
    await say(heartbeatOf({ apps }));
    // It is looked into whether it lies about the first of them.
    expect(read.length).toBeLessThan(10);
    const shop = (await known())?.apps.find(({ app_name }) => app_name === 'shop');
    expect(shop?.took_ms).toBeGreaterThanOrEqual(5_000);
    expect(inbox.lost).toBe(0);
  });

  it('of two instances neither loses what the other writes about the same workers', async () => {
    const { inbox: other } = inboxOn(await database.open(), around);
    const apps = Array.from({ length: 40 }, (_, n) => `app-${n}`);
    await Promise.all(
      apps.map((app_name, n) => say(reportOf({ app_name, sequence: n + 1 }), null, n % 2 ? other : inbox)),
    );
    expect((await known())?.apps.map(({ app_name }) => app_name)).toEqual([...apps].sort());
    expect(await stores.fleet.reportsOf('worker-1')).toHaveLength(40);
    expect([inbox.lost, other.lost]).toEqual([0, 0]);
  });

  it('goes on while it is looked into whether a worker lies about what it has seen', async () => {
    await stores.apps.insert(recordOf('shop'));
    around.looking = new Promise(() => undefined);
    await say(reportOf({ worker_id: 'liar', revision: 9 }));
    await say(reportOf());
    expect(await known()).toMatchObject({ worker_id: 'worker-1' });
  });

  it('takes from the user of a worker what that worker says, and nothing of others', async () => {
    await say(heartbeatOf(), 'nebula-worker.worker-1');
    expect(await known()).toMatchObject({ worker_id: 'worker-1' });
    await say(heartbeatOf({ worker_id: 'victim' }), 'nebula-worker.worker-1');
    await say(reportOf({ worker_id: 'victim' }), 'nebula-worker.');
    expect(await known('victim')).toBeUndefined();
    expect(inbox.forged).toBe(2);
    expect(around.lines.filter((line) => line.includes('reported as another'))).toHaveLength(1);
    // One user for all of them vouches for nobody.
    await say(heartbeatOf({ worker_id: 'shared' }), 'nebula-worker');
    expect(await known('shared')).toMatchObject({ worker_id: 'shared' });
  });

  it('refuses what is no message, counts it, and logs it rarely', async () => {
    for (const payload of [null, 'x', {}, heartbeatOf({ interval_seconds: 0 }), { kind: 'news' }])
      await say(payload);
    expect(inbox.invalid).toBe(5);
    expect(around.lines).toHaveLength(1);
    await say(heartbeatOf());
    expect(await known()).toMatchObject({ worker_id: 'worker-1' });
  });

  it('refuses what was too long to be looked into, as what is no message', async () => {
    for (const excessive_bytes of [2_000_000, 3_000_000])
      await inbox.receive({ payload: undefined, user_id: null, excessive_bytes });
    expect(inbox.invalid).toBe(2);
    expect(around.lines).toHaveLength(1);
    expect(around.lines[0]).toContain('must have at most 1048576 bytes, not 2000000');
  });

  it('loses of a batch what can not be written alone, and hears everybody else', async () => {
    const save = stores.fleet.saveReports.bind(stores.fleet);
    stores.fleet.saveReports = (reports) =>
      reports.some(({ report }) => report.worker_id === 'w7')
        ? Promise.reject(new Error('too large'))
        : save(reports);
    const ids = Array.from({ length: 20 }, (_, n) => `w${n}`);
    const sayAll = async (sequence: number) =>
      await Promise.all(ids.map((worker_id) => say(reportOf({ worker_id, sequence }))));
    await sayAll(1);
    await sayAll(2);
    // Again and again of the same worker, with nothing else in the batch.
    for (const sequence of [3, 4]) await say(reportOf({ worker_id: 'w7', sequence }));
    expect(inbox.lost).toBe(4);
    for (const id of ids.filter((each) => each !== 'w7'))
      expect(await stores.fleet.reportsOf(id)).toMatchObject([{ report: { sequence: 2 } }]);
    expect(await stores.fleet.reportsOf('w7')).toEqual([]);
    expect(listening.silence().listened_ms).toBeGreaterThan(1_000_000);
  });

  it('takes nothing while the store is away, and hears nobody then', async () => {
    const heard = listening.silence();
    expect(heard.listened_ms).toBeGreaterThan(1_000_000);
    await rename(database.path, `${database.path}.away`);
    await Promise.all([say(heartbeatOf()), say(reportOf()), say(reportOf({ worker_id: 'b' }))]);
    expect(around.paused).toBe(true);
    // Nobody gets silent meanwhile.
    expect(listening.silence()).toEqual(heard);
    expect(inbox.lost).toBe(0);
    await rename(`${database.path}.away`, database.path);
    await eventually(() => expect(around.paused).toBe(false));
    await say(heartbeatOf());
    expect(await known()).toMatchObject({ worker_id: 'worker-1' });
  });

  it('takes reports again when the store answers as slowly as a call may, though no check of health waits so long', async () => {
    stores.fleet.saveWorkers = () => Promise.reject(new StoreUnavailableError('away'));
    stores.apps.problem = async (within) => (within === 'call' ? null : 'gave no answer within 1.5 s');
    await say(heartbeatOf());
    expect(around.paused).toBe(true);
    await eventually(() => expect(around.paused).toBe(false));
  });

  it('counts what is not written though the store is there, and whose silence then means nothing', async () => {
    stores.fleet.saveWorkers = () => Promise.reject(new Error('a bug'));
    await Promise.all([say(heartbeatOf()), say(reportOf()), say(reportOf({ worker_id: 'b' }))]);
    expect(inbox.lost).toBe(3);
    expect(around.paused).toBe(false);
    expect(around.lines.filter((line) => line.includes('are lost'))).toHaveLength(1);
    expect(listening.silence().listened_ms).toBeLessThan(60_000);
  });

  it('says rarely that the clock of another instance is another', async () => {
    const skews = () => around.lines.filter((line) => line.includes('clocks of the apis differ'));
    const seen = async (worker_id: string, aheadMs: number) => {
      const after = workerOf(worker_id, { last_seen_at: Date.now() + aheadMs });
      expect(await stores.fleet.saveWorkers([{ before: null, after }])).toEqual([true]);
      await say(heartbeatOf({ worker_id, sequence: 2 }));
    };
    await seen('well', 1_000);
    expect(skews()).toEqual([]);
    await seen('early', 60_000);
    expect(skews()).toHaveLength(1);
    expect(skews()[0]).toMatch(/"seconds":(60|59)\b/);
    await seen('earlier', 90_000);
    expect(skews()).toHaveLength(1);
  });

  it('says once that two workers send under one id', async () => {
    await say(heartbeatOf({ boot_nonce: 'one' }));
    await say(heartbeatOf({ boot_nonce: 'two' }));
    const before = await known();
    if (!before) throw new Error('The worker is gone.');
    const boots = before.boots.map((boot) => ({
      ...boot,
      first_seen_at: boot.first_seen_at - 20_000,
      returns: 1,
    }));
    await stores.fleet.saveWorkers([{ before, after: { ...before, boots, version: before.version + 1 } }]);
    await say(heartbeatOf({ boot_nonce: 'one', sequence: 2 }));
    await say(heartbeatOf({ boot_nonce: 'one', sequence: 3 }));
    expect((await known())?.duplicate).not.toBeNull();
    expect(around.lines.filter((line) => line.includes('two workers report under one id'))).toHaveLength(1);
  });
});
