import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Clock, instant } from '../clock.js';
import { AppStore } from '../store/app-store.js';
import { appOn, recordOf, workerOf } from '../store/testing/records.js';
import { FleetApi } from '../workers/testing/fleet-api.js';
import { EventReader } from './testing/event-reader.js';

let api: FleetApi;
let apps: AppStore;
const readers: EventReader[] = [];

async function listen(query = '', lastId?: string): Promise<EventReader> {
  const reader = await EventReader.open(`${api.url}/events${query}`, lastId);
  readers.push(reader);
  await reader.got(lastId === undefined ? 'start' : 'reset');
  return reader;
}

/** An id of this instance as it looks to all others. */
function fromElsewhere(id: string): string {
  return id.replace(/^[0-9a-f]{12}/, '0123456789ab');
}

/** Has another instance do this once, when the look that is next has looked for changes and has not counted yet. */
function betweenChangesAndCounts(happens: () => Promise<unknown>): void {
  const changedSince = apps.changedSince.bind(apps);
  apps.changedSince = async (...place) => {
    const changed = await changedSince(...place);
    apps.changedSince = changedSince;
    await happens();
    return changed;
  };
}

beforeEach(async () => {
  api = await FleetApi.start();
  apps = api.part(AppStore);
});

afterEach(async () => {
  for (const reader of readers.splice(0)) reader.leave();
  await api.stop();
});

describe('a change between the look for changes and the count of the same look', () => {
  it('is told of an app that was not there before', async () => {
    const reader = await listen();
    betweenChangesAndCounts(() => apps.insert(recordOf('shop', { updated_at: new Date().toISOString() })));
    await reader.got('app', { app_name: 'shop', revision: 1 });
    await api.createApp('later');
    await reader.got('app', { app_name: 'later' });
    const told = reader.events.filter(({ type }) => type === 'app').map(({ data }) => data['app_name']);
    expect(told).toEqual(['shop', 'later']);
  });

  it('is told of an app that nobody has looked at before', async () => {
    // So many that their turn comes before that of this one.
    for (let count = 10; count < 60; count += 1) await apps.insert(recordOf(`other-${count}`));
    await apps.insert(recordOf('shop'));
    const all = await listen();
    betweenChangesAndCounts(async () => {
      // One that somebody listens to is counted in this look already.
      await (await listen('?app=shop')).got('convergence', { app_name: 'shop', revision: 1 });
      await apps.replace(recordOf('shop', { revision: 2, updated_at: new Date().toISOString() }), 1);
    });
    await all.got('app', { app_name: 'shop', revision: 2 });
  });
});

describe('an id of a look whose counts take long', () => {
  it('leads, at another instance, to what has changed since the look for changes', async () => {
    await api.createApp('shop');
    const all = await listen();
    const one = await listen('?app=shop');
    await one.got('convergence', { app_name: 'shop', summary: { converged: 0 } });
    const clock = api.part(Clock);
    const began = clock.now();
    betweenChangesAndCounts(async () => {
      await api.keep(workerOf('w', { last_seen_at: began, apps: [appOn('shop')] }));
      await apps.insert(recordOf('web', { updated_at: instant(began + 5_000) }));
      clock.now = () => began + 120_000;
    });
    const { id } = await one.got('convergence', { app_name: 'shop', summary: { converged: 1 } });
    // What is still to be told comes to everybody; from here on only who missed it hears of it.
    await all.got('app', { app_name: 'web' });
    const again = await listen('', fromElsewhere(id));
    await again.got('app', { app_name: 'web', revision: 1 });
  });

  it('leads there also when the client has heard nothing but the beginning', async () => {
    const all = await listen();
    const clock = api.part(Clock);
    const began = clock.now();
    const ids: string[] = [];
    betweenChangesAndCounts(async () => {
      await apps.insert(recordOf('web', { updated_at: instant(began + 5_000) }));
      clock.now = () => began + 120_000;
      ids.push((await listen('?app=shop')).lastId);
    });
    await all.got('app', { app_name: 'web' });
    const again = await listen('', fromElsewhere(ids.join()));
    await again.got('app', { app_name: 'web', revision: 1 });
  });
});
