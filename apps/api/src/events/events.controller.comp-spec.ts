import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { UpdateState, WorkerReport } from '@nebula/contracts';
import { AppStore, StoreUnavailableError } from '../store/app-store.js';
import { appOn, recordOf, reportOf, workerOf } from '../store/testing/records.js';
import { ANYONE } from '../access/caller.js';
import { eventually } from '../testing/eventually.js';
import { pipelined } from '../testing/pipelined.js';
import { FleetApi } from '../workers/testing/fleet-api.js';
import type { AppEvent } from './event-log.js';
import { EventsService } from './events.service.js';
import { EventReader } from './testing/event-reader.js';
import { StuckReader } from './testing/stuck-reader.js';
import { Watcher } from './watcher.js';

let api: FleetApi;
const readers: EventReader[] = [];

async function listen(query = '', lastId?: string): Promise<EventReader> {
  const reader = await EventReader.open(`${api.url}/events${query}`, lastId);
  readers.push(reader);
  return reader;
}

beforeEach(async () => {
  api = await FleetApi.start();
});

afterEach(async () => {
  for (const reader of readers.splice(0)) reader.leave();
  await api.stop();
});

describe('events', () => {
  it('tell what happens from their start on', async () => {
    await api.createApp('before');
    const reader = await listen();
    expect(reader.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    await reader.got('start');
    await api.createApp('shop');
    expect((await reader.got('app')).data).toEqual({
      ...{ app_name: 'shop', epoch: 1, revision: 1, deleted: false, running: true },
      updated_at: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    api.broker.reports.publish(reportOf({ worker_id: 'w', state: 'converging' }));
    const summary = { converged: 0, converging: 0, failed: 0, offline: 0 };
    const at = { app_name: 'shop', epoch: 1, revision: 1 };
    await reader.got('convergence', { ...at, summary: { ...summary, converging: 1 } });
    api.broker.reports.publish(reportOf({ worker_id: 'w', sequence: 2 }));
    await reader.got('convergence', { ...at, summary: { ...summary, converged: 1 } });
    await api.call('POST', '/apps/shop/stop');
    await reader.got('app', { revision: 2, running: false });
    await reader.got('convergence', { revision: 2, summary: { converged: 0, converging: 1 } });
    await api.call('DELETE', '/apps/shop');
    await reader.got('app', { revision: 3, deleted: true });
    expect(reader.events.filter(({ data }) => data['app_name'] === 'before')).toEqual([]);
    expect(new Set(reader.events.map(({ id }) => id)).size).toBe(reader.events.length);
  });

  it('tell of an update that is paused or taken back, and when it is not any more', async () => {
    const reader = await listen();
    await reader.got('start');
    await api.createApp('shop');
    const at = { app_name: 'shop', epoch: 1, revision: 1 };
    const none = { rolling: 0, done: 0, paused: 0, rolling_back: 0, rolled_back: 0 };
    const say = (
      worker_id: string,
      sequence: number,
      state: UpdateState,
      more: Partial<WorkerReport> = {},
    ) => {
      const update = { state, ready: 0, replicas: 1, back_to: null };
      api.broker.reports.publish(reportOf({ worker_id, sequence, state: 'failed', update, ...more }));
    };
    say('v', 1, 'done', { state: 'converged' });
    say('w', 1, 'paused');
    expect((await reader.got('update')).data).toEqual({ ...at, updates: { ...none, done: 1, paused: 1 } });
    say('v', 2, 'rolled_back');
    await reader.got('update', { updates: { ...none, paused: 1, rolled_back: 1 } });
    const one = await listen('?app=shop');
    await one.got('update', { ...at, updates: { paused: 1, rolled_back: 1 } });
    await api.call('POST', '/apps/shop/restart');
    await reader.got('update', { revision: 2, updates: none });
    say('v', 3, 'rolling', { revision: 2, state: 'converging' });
    await reader.got('convergence', { revision: 2, summary: { converging: 2 } });
    expect(reader.events.filter(({ type }) => type === 'update')).toHaveLength(3);
  });

  it('tell of what other instances write', async () => {
    const reader = await listen();
    await reader.got('start');
    const apps = api.part(AppStore);
    await apps.insert(recordOf('shop', { updated_at: new Date(Date.now() - 20_000).toISOString() }));
    await reader.got('app', { app_name: 'shop', revision: 1 });
    // The clock of that instance is late, and nobody here has heard of this worker.
    await api.keep(workerOf('w', { last_seen_at: Date.now(), apps: [appOn('shop')] }));
    await reader.got('convergence', { app_name: 'shop', summary: { converged: 1 } });
  });

  it('are of one app where one is asked for, with how its workers are at first', async () => {
    await api.createApp('shop');
    await api.createApp('web');
    await api.keep(workerOf('w', { last_seen_at: Date.now(), apps: [appOn('shop')] }));
    const reader = await listen('?app=shop');
    await reader.got('convergence', { app_name: 'shop', summary: { converged: 1 } });
    await api.call('POST', '/apps/web/restart');
    await api.call('POST', '/apps/shop/restart');
    await reader.got('app', { app_name: 'shop', revision: 2 });
    expect(reader.events.filter(({ data }) => data['app_name'] === 'web')).toEqual([]);
  });

  it('go on where a client was', async () => {
    const reader = await listen();
    await reader.got('start');
    await api.createApp('shop');
    const { id } = await reader.got('app', { revision: 1 });
    reader.leave();
    await eventually(() => expect(reader.ended).toBe(true));
    const other = await listen();
    await api.call('POST', '/apps/shop/restart');
    await api.call('POST', '/apps/shop/restart');
    await other.got('app', { revision: 3 });
    const again = await listen('', id);
    await again.got('app', { revision: 3 });
    expect(again.events[0]).toMatchObject({ type: 'start', id });
    const seen = again.events.filter(({ type }) => type === 'app').map(({ data }) => data['revision']);
    expect(seen).toContain(3);
    expect(seen).not.toContain(1);
    expect(seen).toEqual([...new Set(seen)].sort());
    expect(new Set(again.events.map((event) => event.id)).size).toBe(again.events.length);
  });

  it('go on where a client was, also with more than may wait for one that is slow', async () => {
    const { log } = api.part(Watcher);
    const reader = await listen();
    const { id } = await reader.got('start');
    reader.leave();
    await eventually(() => expect(log.followers).toBe(0));
    for (let revision = 1; revision <= 900; revision += 1) log.append(eventOf(revision, 400), revision);
    const again = await listen('', id);
    await eventually(() => expect(again.events.filter(({ type }) => type === 'app')).toHaveLength(900));
    await api.createApp('shop');
    await again.got('app', { revision: 1, updated_at: expect.stringMatching(/^\d{4}-.*Z$/) });
    expect(again.ended).toBe(false);
  });

  it('begin anew for a client that was elsewhere, with what has changed meanwhile', async () => {
    await api.createApp('old');
    await api.part(AppStore).insert(recordOf('ancient', { updated_at: '2020-01-01T00:00:00.000Z' }));
    const reader = await listen('', `0123456789ab-${'0'.repeat(32)}-${Date.now() - 1_000}`);
    expect((await reader.got('reset')).data).toEqual({});
    await reader.got('app', { app_name: 'old' });
    expect(reader.events.some(({ data }) => data['app_name'] === 'ancient')).toBe(false);
    // From here on it goes on as for everybody.
    await api.createApp('shop');
    const { id } = await reader.got('app', { app_name: 'shop' });
    const again = await listen('', id);
    await again.got('start');
  });

  it('tell a client that was elsewhere of every app that has changed meanwhile, also of very many', async () => {
    const names = Array.from({ length: 1_100 }, (_, n) => `app-${1_000 + n}`);
    const lastId = `0123456789ab-${'0'.repeat(32)}-${Date.now()}`;
    const updated_at = new Date().toISOString();
    for (const name of names) await api.part(AppStore).insert(recordOf(name, { updated_at }));
    const all = await listen('', lastId);
    const one = await listen('?app=app-2099', lastId);
    await all.got('app', { app_name: 'app-2099' });
    await one.got('app', { app_name: 'app-2099' });
    const apps = all.events.filter(({ type }) => type === 'app');
    expect(apps.map(({ data }) => data['app_name'])).toEqual(names);
    // One that is cut off before it was told all comes back for the rest.
    const behind = apps.filter(({ id }) => id === lastId);
    expect(behind).toHaveLength(names.length - 1);
    await (await listen('', apps.at(-1)?.id)).got('start');
  });

  it('begin anew for a client that could not be told all, in which it is left where it was', async () => {
    const names = Array.from({ length: 300 }, (_, n) => `app-${1_000 + n}`);
    const lastId = `0123456789ab-${'0'.repeat(32)}-${Date.now()}`;
    const store = api.part(AppStore);
    const updated_at = new Date().toISOString();
    for (const name of names) await store.insert(recordOf(name, { updated_at }));
    await (await listen()).got('start');
    const changedSince = store.changedSince.bind(store);
    let hasBegun = () => {};
    const begun = new Promise<void>((resolve) => {
      hasBegun = resolve;
    });
    const failing = jest.spyOn(store, 'changedSince').mockImplementation(async (place, limit) => {
      if (place.app_name === '') return await changedSince(place, limit);
      await begun;
      throw new StoreUnavailableError('away');
    });
    const cut = await listen('', lastId);
    await cut.got('app', { app_name: names[0] });
    hasBegun();
    await eventually(() => expect(cut.ended).toBe(true));
    failing.mockRestore();
    const again = await listen('', cut.events.at(-1)?.id);
    await again.got('app', { app_name: names.at(-1) });
    expect(new Set(again.events.flatMap(({ data }) => data['app_name'] ?? [])).size).toBe(names.length);
  });

  it('begin anew for everybody when the database was restored, whatever else is to be told', async () => {
    await api.createApp('shop');
    await api.keep(workerOf('w', { last_seen_at: Date.now(), apps: [appOn('shop')] }));
    const all = await listen();
    const { id } = await all.got('start');
    const one = await listen('?app=shop');
    await one.got('convergence', { app_name: 'shop', epoch: 1 });
    await api.part(AppStore).raiseEpoch(2);
    for (const reader of [all, one]) expect((await reader.got('reset')).data).toEqual({});
    await one.got('convergence', { app_name: 'shop', epoch: 2, summary: { converging: 1 } });
    await api.call('POST', '/apps/shop/restart');
    const app = await all.got('app', { app_name: 'shop', epoch: 2, revision: 2 });
    expect(all.events.filter(({ type }) => type === 'reset')).toHaveLength(1);
    await (await listen('', id)).got('reset');
    await (await listen('', app.id)).got('start');
  });

  it.each(['nonsense', 'x'.repeat(5_000), '0123456789ab-1-1-1', '-1'])(
    'begin anew for an id that is none: %.20s',
    async (id) => {
      const reader = await listen('', id);
      await reader.got('reset');
    },
  );

  it('end with the api, which does not wait for them', async () => {
    const reader = await listen();
    await reader.got('start');
    const started = performance.now();
    await api.stop();
    await eventually(() => expect(reader.ended).toBe(true));
    expect(performance.now() - started).toBeLessThan(4_000);
  });

  it('are refused for what is no app', async () => {
    expect(await api.call('GET', '/events?app=a%20b')).toMatchObject({
      status: 422,
      body: { errors: [{ parameter: 'app' }] },
    });
  });

  it('are refused while the store is away', async () => {
    await api.part(AppStore).close();
    expect(await api.call('GET', '/events')).toMatchObject({ status: 503 });
  });

  it('cut off a reader that stops reading, and nobody else', async () => {
    const { log } = api.part(Watcher);
    const quick = await listen();
    const stuck = await StuckReader.open(`${api.url}/events`);
    try {
      await eventually(() => expect(log.followers).toBe(2));
      let told = 0;
      // More than a socket takes up on its way, and then what may wait for a reader.
      while (log.followers > 1) {
        expect((told += 1)).toBeLessThan(MOST_TOLD);
        log.append(largeEvent(told), told);
        await quick.got('app', { revision: told });
        quick.events.length = 0;
      }
      expect(log.followers).toBe(1);
      await stuck.ended();
      log.append(largeEvent(told + 1), told);
      await quick.got('app', { revision: told + 1 });
      expect(quick.ended).toBe(false);
    } finally {
      stuck.leave();
    }
  }, 60_000);

  it('are no longer for whoever asked for several streams on one connection that has gone', async () => {
    const { log } = api.part(Watcher);
    const socket = await pipelined(Number(new URL(api.url).port), '/api/v3/events', 4);
    await eventually(() => expect(log.followers).toBe(4));
    socket.destroy();
    await eventually(() => expect(log.followers).toBe(0));
  });

  it('take no place for who asks for their headers alone', async () => {
    const { log } = api.part(Watcher);
    for (let count = 0; count < 3; count += 1) {
      const answer = await fetch(`${api.url}/events`, { method: 'HEAD' });
      expect([
        answer.status,
        answer.headers.get('content-type'),
        answer.headers.get('content-length'),
      ]).toEqual([200, 'text/event-stream; charset=utf-8', null]);
      expect(log.followers).toBe(0);
    }
  });

  it('are for a thousand clients of an api at most; a place that one leaves is for another', async () => {
    const events = api.part(EventsService);
    const streams = await Promise.all(Array.from({ length: 999 }, () => events.open(null, null, ANYONE)));
    try {
      for (let count = 0; count < 2; count += 1)
        expect((await fetch(`${api.url}/events`, { method: 'HEAD' })).status).toBe(200);
      const last = await listen();
      await last.got('start');
      expect(await api.call('GET', '/events')).toMatchObject({
        status: 503,
        body: {
          type: expect.stringContaining('too-many-streams'),
          detail: '1000 clients listen to this api already; try another one, or later.',
        },
      });
      last.leave();
      await eventually(async () => {
        await (await listen()).got('start');
      });
    } finally {
      for (const stream of streams) stream.cut();
    }
  });
});

/** Events, of about 50 kB each, that it takes at most until a socket is full. */
const MOST_TOLD = 1_000;

function largeEvent(revision: number): AppEvent {
  return eventOf(revision, 50_000);
}

/** With a text of this length in it. */
function eventOf(revision: number, length: number): AppEvent {
  const data = { app_name: 'shop', epoch: 1, revision, deleted: false, running: true };
  return { type: 'app', data: { ...data, updated_at: 'x'.repeat(length) } };
}
