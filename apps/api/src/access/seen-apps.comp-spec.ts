import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EventReader } from '../events/testing/event-reader.js';
import { PROBLEMS } from '../http/problem-types.js';
import { reportOf } from '../store/testing/records.js';
import { ApiUnderTest, type HttpAnswer } from '../testing/api-under-test.js';
import { eventually } from '../testing/eventually.js';
import { expectProblem } from '../testing/expect-problem.js';
import { ADMIN, LOGIN, makeToken } from './testing/logins.js';

let api: ApiUnderTest;
/** Of a token for `shop` and `shop-*`. */
let limited: string;

const VISIBLE = ['shop', 'shop-a', 'shop-b'];
const HIDDEN = ['blog', 'shopping', 'web'];

beforeAll(async () => {
  api = await ApiUnderTest.start({ login: LOGIN });
  api.authorization = ADMIN;
  for (const name of [...HIDDEN, ...VISIBLE]) await api.create(name);
  limited = await makeToken(api, { name: 'shops', rights: 'rw', apps: ['shop', 'shop-*'] });
  // One worker runs two of them and two that the database has lost, another one what is hidden.
  ['shop', 'web', 'shop-lost', 'web-lost'].forEach((app_name, index) =>
    api.broker.reports.publish(reportOf({ app_name, sequence: index + 1 })),
  );
  api.broker.reports.publish(reportOf({ worker_id: 'worker-2', app_name: 'web' }));
  await eventually(async () => {
    const { body } = await api.call('GET', '/workers');
    expect((body as { items: { apps: string[] }[] }).items.flatMap(({ apps }) => apps)).toHaveLength(5);
  });
});

afterAll(async () => {
  await api.stop();
});

async function ask<T>(path: string, method = 'GET', json?: unknown): Promise<HttpAnswer & { body: T }> {
  const parts = { headers: { authorization: limited }, ...(json === undefined ? {} : { json }) };
  return (await api.call(method, path, parts)) as HttpAnswer & { body: T };
}

interface List<Item> {
  items: Item[];
  next_cursor: string | null;
}
type Named = { app_name: string };

const names = ({ body }: { body: List<Named> }) => body.items.map(({ app_name }) => app_name);

describe('for a token that is for some apps, others are not there', () => {
  it('in the list of apps, whose pages are whole all the same', async () => {
    expect(names(await ask('/apps'))).toEqual(VISIBLE);
    const first = await ask<List<Named>>('/apps?limit=2');
    expect([names(first), first.body.next_cursor]).toEqual([['shop', 'shop-a'], expect.any(String)]);
    const second = await ask<List<Named>>(`/apps?limit=2&cursor=${first.body.next_cursor}`);
    expect([names(second), second.body.next_cursor]).toEqual([['shop-b'], null]);
    expect(names(await ask('/apps?prefix=w'))).toEqual([]);
  });

  it('by their name, which is answered as one that was never used', async () => {
    for (const below of ['', '/status', '/wait?timeout=0']) {
      const [hidden, absent] = [await ask(`/apps/web${below}`), await ask(`/apps/shop-none${below}`)];
      const told = ({ status, body }: HttpAnswer, name: string) => [
        status,
        JSON.stringify({ ...(body as object), instance: '' }).replaceAll(name, 'NAME'),
      ];
      expect(told(hidden, 'web')).toEqual(told(absent, 'shop-none'));
      expectProblem(hidden, PROBLEMS.appNotFound);
    }
  });

  it('in what workers run', async () => {
    const { body } = await ask<List<{ worker_id: string; apps: string[] }>>('/workers');
    expect(body.items.map(({ worker_id, apps }) => [worker_id, apps])).toEqual([
      ['worker-1', ['shop', 'shop-lost']],
      ['worker-2', []],
    ]);
    expect((await ask<List<unknown>>('/workers?app=web')).body.items).toEqual([]);
    expect((await ask<List<unknown>>('/workers?app=shop')).body.items).toHaveLength(1);
    const one = await ask<{ apps: Named[] }>('/workers/worker-1');
    expect(one.body.apps.map(({ app_name }) => app_name)).toEqual(['shop', 'shop-lost']);
  });

  it('in the list of orphans', async () => {
    expect(names(await ask('/orphans'))).toEqual(['shop-lost']);
    const { body } = await api.call('GET', '/orphans');
    expect(names({ body: body as List<Named> })).toEqual(['shop-lost', 'web-lost']);
  });

  it('in what prune touches', async () => {
    const before = await api.stored(...HIDDEN);
    const answer = await ask<List<Named>>('/prune', 'POST');
    expect(names(answer)).toEqual(VISIBLE);
    expect(await api.stored(...HIDDEN)).toEqual(before);
  });

  it('to be made, replaced, changed or deleted', async () => {
    const before = await api.stored('web', 'web-new', 'web-lost');
    const spec = { docker_image: 'evil:1' };
    expectProblem(await ask('/apps', 'POST', { app_name: 'web-new', ...spec }), PROBLEMS.forbidden);
    expectProblem(await ask('/apps', 'POST', { app_name: 'web', ...spec }), PROBLEMS.forbidden);
    for (const [method, path, json] of [
      ['PUT', '/apps/web-new', spec],
      ['PUT', '/apps/web', spec],
      ['PATCH', '/apps/web', spec],
      ['DELETE', '/apps/web'],
      ['DELETE', '/apps/web-lost'],
      ['POST', '/apps/web/stop'],
      // However it is written.
      ['POST', '/apps/%77eb/stop'],
    ] as const)
      expectProblem(await ask(path, method, json), PROBLEMS.appNotFound);
    expect(await api.stored('web', 'web-new', 'web-lost')).toEqual(before);
  });

  it('in events', async () => {
    const url = `${api.url}/api/v3/events`;
    const readers = [
      await EventReader.open(url, undefined, limited),
      await EventReader.open(`${url}?app=web`, undefined, limited),
      await EventReader.open(url, undefined, ADMIN),
    ];
    const [all, ofHidden, whole] = readers as [EventReader, EventReader, EventReader];
    for (const reader of readers) await reader.got('start');
    for (const app of ['web', 'shop-a', 'web', 'shop-b']) await api.call('POST', `/apps/${app}/restart`);
    for (const app_name of ['web', 'shop-a', 'shop-b']) await whole.got('app', { app_name });
    await all.got('app', { app_name: 'shop-b' });
    const told = ({ events }: EventReader) => new Set(events.flatMap(({ data }) => data['app_name'] ?? []));
    expect([...told(all)].filter((name) => !VISIBLE.includes(name as string))).toEqual([]);
    expect([...told(ofHidden)]).toEqual([]);
    for (const reader of readers) reader.leave();
  });

  it('and workers are not its own to forget', async () => {
    const { detail } = expectProblem(await ask('/workers/worker-1', 'DELETE'), PROBLEMS.forbidden);
    expect(detail).toBe(
      'This call needs the right to change apps for all apps; token:shops has rights for shop, shop-* alone.',
    );
  });
});
