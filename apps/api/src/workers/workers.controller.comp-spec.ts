import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { appOn, FACTS, reportOf, workerOf } from '../store/testing/records.js';
import { eventually } from '../testing/eventually.js';
import { FleetApi } from './testing/fleet-api.js';
import { briefOf, heartbeatOf } from './testing/messages.js';
import type { DetailedWorker, ListedWorker } from './worker-answer.js';

const LONG_AGO = Date.now() - 1_000_000;

let api: FleetApi;

beforeAll(async () => {
  api = await FleetApi.start();
});

afterAll(async () => {
  await api.stop();
});

interface Page {
  items: ListedWorker[];
  next_cursor: string | null;
}

async function ids(query: string): Promise<string[]> {
  const { items } = await api.get<Page>(`/workers?${query}`);
  return items.map(({ worker_id }) => worker_id);
}

describe('workers', () => {
  it('are there with their first heartbeat, with all that they say of themselves', async () => {
    const worker_id = 'QGXO:3H7T:3IHU/%ü';
    const worker = { ...FACTS, labels: { rack: '7' } };
    const from = new Date().toISOString();
    api.broker.reports.publish(
      heartbeatOf({ worker_id, worker, apps: [briefOf('web'), briefOf('a')], interval_seconds: 30 }),
    );
    const path = `/workers/${encodeURIComponent(worker_id)}`;
    await eventually(async () => expect(await api.call('GET', path)).toMatchObject({ status: 200 }));
    const found = await api.get<DetailedWorker>(path);
    const at = expect.stringMatching(/^\d{4}-.*Z$/) as unknown as string;
    const app = {
      ...{ epoch: 1, revision: 1, deleted: false, state: 'converged', converged_at: at },
      ...{ seconds_to_converge: null, last_error: null, reported_at: null },
    };
    expect(found).toEqual({
      ...{ worker_id, state: 'online', ...worker, report_interval_seconds: 30, first_seen_at: at },
      ...{ last_seen_at: at, duplicate_since: null },
      apps: [
        { app_name: 'a', ...app },
        { app_name: 'web', ...app },
      ],
    });
    expect(found.first_seen_at >= from).toBe(true);
    const { apps: _apps, ...facts } = found;
    const { items } = await api.get<Page>('/workers');
    expect(items).toEqual([{ ...facts, apps: ['a', 'web'] }]);
  });

  it('tell the errors that their apps have, until all is well', async () => {
    const last_error = {
      ...{ step: 'pull', message: 'no such image', at: '2026-01-01T00:00:00.000Z', retry_at: null },
    };
    const path = '/workers/failing';
    api.broker.reports.publish(reportOf({ worker_id: 'failing', state: 'failed', last_error }));
    await eventually(async () =>
      expect(await api.call('GET', path)).toMatchObject({
        body: { apps: [{ state: 'failed', last_error }] },
      }),
    );
    api.broker.reports.publish(heartbeatOf({ worker_id: 'failing', sequence: 3 }));
    await eventually(async () =>
      expect(await api.call('GET', path)).toMatchObject({
        body: { apps: [{ state: 'converged', last_error: null }] },
      }),
    );
  });

  it('are listed by state, app and label, page by page', async () => {
    const labelled = (rack: string) => ({ facts: { ...FACTS, labels: { rack, zone: 'x=y' } } });
    const now = { last_seen_at: Date.now() };
    await api.keep(
      workerOf('p1', { ...now, ...labelled('1'), apps: [appOn('paged')] }),
      workerOf('p2', { last_seen_at: LONG_AGO, ...labelled('2'), apps: [appOn('paged')] }),
      workerOf('p3', { ...now, ...labelled('2'), apps: [appOn('paged'), appOn('other')] }),
      workerOf('p4', { last_seen_at: LONG_AGO, ...labelled('2') }),
    );
    expect(await ids('app=paged')).toEqual(['p1', 'p2', 'p3']);
    expect(await ids('app=paged&state=offline')).toEqual(['p2']);
    expect(await ids('app=paged&state=online&label=rack=2')).toEqual(['p3']);
    expect(await ids('label=zone=x%3Dy')).toEqual(['p1', 'p2', 'p3', 'p4']);
    expect(await ids('label=rack=3')).toEqual([]);
    const first = await api.get<Page>('/workers?app=paged&limit=2');
    expect(first.items.map(({ worker_id, state }) => [worker_id, state])).toEqual([
      ['p1', 'online'],
      ['p2', 'offline'],
    ]);
    const second = await api.get<Page>(`/workers?app=paged&limit=2&cursor=${first.next_cursor}`);
    expect(second.items.map(({ worker_id }) => worker_id)).toEqual(['p3']);
    expect(second.next_cursor).toBeNull();
  });

  it.each([
    ['state=gone', ['state']],
    ['app=a%20b', ['app']],
    ['label=rack', ['label']],
    ['label==7', ['label']],
    ['state=&label=&app=&limit=0&cursor=x', ['limit', 'cursor', 'state', 'app', 'label']],
    ['worker=a', ['worker']],
  ])('are not listed by %s', async (query, parameters) => {
    const { status, body } = await api.call('GET', `/workers?${query}`);
    expect({ status, body }).toMatchObject({
      status: 422,
      body: {
        type: 'urn:nebula:problem:invalid-query',
        errors: parameters.map((parameter) => ({ parameter })),
      },
    });
  });

  it('that are gone are forgotten, and come back as new ones', async () => {
    await api.keep(workerOf('gone:1', { last_seen_at: LONG_AGO, apps: [appOn('forgetful')] }));
    const path = '/workers/gone%3A1';
    expect(await api.get(path)).toMatchObject({ state: 'offline' });
    expect(await api.call('DELETE', `${path}?dry_run=true`)).toEqual({
      status: 200,
      body: { preview: { result: 'forgotten', worker: await api.get(path) } },
    });
    expect(await api.call('DELETE', path)).toEqual({ status: 204, body: undefined });
    const missing = { status: 404, body: { type: 'urn:nebula:problem:worker-not-found' } };
    expect(await api.call('GET', path)).toMatchObject(missing);
    expect(await api.call('DELETE', path)).toMatchObject(missing);
    expect(await ids('app=forgetful')).toEqual([]);
    api.broker.reports.publish(heartbeatOf({ worker_id: 'gone:1', apps: [briefOf('forgetful')] }));
    await eventually(async () => expect(await ids('app=forgetful')).toEqual(['gone:1']));
  });

  it('that are online can not be forgotten', async () => {
    await api.keep(workerOf('here', { last_seen_at: Date.now() - 170_000 }));
    expect(await api.call('DELETE', '/workers/here')).toMatchObject({
      status: 409,
      body: { type: 'urn:nebula:problem:worker-online' },
    });
    expect(await api.call('DELETE', '/workers/here', { force: true })).toMatchObject({ status: 422 });
    expect(await api.get('/workers/here')).toMatchObject({ state: 'online' });
  });

  it.each(['nobody', 'x'.repeat(256), '%20'])('that were never heard of are not found: %.20s', async (id) => {
    expect(await api.call('GET', `/workers/${id}`)).toMatchObject({
      status: 404,
      body: { type: 'urn:nebula:problem:worker-not-found' },
    });
  });

  it('that share an id are shown as two', async () => {
    await api.keep(workerOf('twins', { duplicate: { since: 0, seen_at: 1 }, apps: [appOn('twin')] }));
    expect(await api.get('/workers/twins')).toMatchObject({ duplicate_since: '1970-01-01T00:00:00.000Z' });
  });
});

it('nobody is offline for an api that has just begun to listen', async () => {
  const young = await FleetApi.start(151_000);
  try {
    await young.keep(
      workerOf('slow', { last_seen_at: LONG_AGO }),
      workerOf('quick', { last_seen_at: LONG_AGO, interval_seconds: 50 }),
    );
    const { items } = await young.get<Page>('/workers?state=offline');
    expect(items.map(({ worker_id }) => worker_id)).toEqual(['quick']);
    for (const query of ['', '?dry_run=true']) {
      const refused = await fetch(`${young.url}/workers/slow${query}`, { method: 'DELETE' });
      expect(refused.status).toBe(409);
      // It is not said to be online: nobody knows yet.
      expect(await refused.json()).toMatchObject({
        type: 'urn:nebula:problem:worker-maybe-online',
        detail: expect.stringMatching(/^The worker "slow" .* 15\d of 180 s.* in \d+ s/),
      });
      const seconds = Number(refused.headers.get('retry-after'));
      expect(seconds).toBeGreaterThan(0);
      expect(seconds).toBeLessThanOrEqual(29);
    }
    await young.keep(workerOf('here', { last_seen_at: Date.now() }));
    expect(await young.call('DELETE', '/workers/here')).toMatchObject({
      body: { type: 'urn:nebula:problem:worker-online' },
    });
    expect(await young.call('DELETE', '/workers/quick')).toMatchObject({ status: 204 });
  } finally {
    await young.stop();
  }
});
