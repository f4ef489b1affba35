import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { InProcessBroker } from '@nebula/messaging';
import { ApiUnderTest, type HttpAnswer } from '../testing/api-under-test.js';
import { eventually } from '../testing/eventually.js';
import { expectProblem } from '../testing/expect-problem.js';
import { FaultyStore } from '../testing/faulty-store.js';
import { PROBLEMS } from '../http/problem-types.js';
import { FaultyFeed } from './testing/faulty-feed.js';
import { PublishingUnderTest } from './testing/publishing-under-test.js';

let folder: string;
let path: string;
let feed: FaultyFeed;
let api: ApiUnderTest;
let store: FaultyStore;

/** Starts the api that comes to its end. It looks at the database so seldom that nothing but a change is published. */
async function start(): Promise<void> {
  api = await ApiUnderTest.start({ store: { kind: 'sqlite', path }, feeds: [feed] });
  store = new FaultyStore(api.store);
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-last-changes-'));
  path = join(folder, 'nebula.db');
  feed = new FaultyFeed(new InProcessBroker({ directory: join(folder, 'feed') }).feed);
});

afterEach(async () => {
  store.heal();
  await api.stop();
  await rm(folder, { recursive: true, force: true });
});

/** What a request is answered that the store keeps waiting until the api ends, and accepts while it does. */
async function inTheLastMoment(call: () => Promise<HttpAnswer>): Promise<HttpAnswer> {
  const answer = call();
  await eventually(() => expect(store.waiting).toBe(1));
  const stopped = api.stop();
  await eventually(async () => expectProblem(await api.call('GET', '//healthz'), PROBLEMS.shuttingDown));
  store.heal();
  await stopped;
  return await answer;
}

/** How far the database says that the feed has an app. */
async function marked(app: string): Promise<unknown> {
  const away = new FaultyFeed(feed.inner);
  away.away = true;
  const looking = await PublishingUnderTest.start(path, { feeds: [away] });
  const record = await looking.store.get(app);
  await looking.stop();
  return record?.published['local'];
}

it('a change that is accepted while the api ends is published by it, and marked', async () => {
  await start();
  await api.create('shop');
  await eventually(() => expect(feed.appended).toHaveLength(1));
  store.hang('replace');
  const { status } = await inTheLastMoment(() =>
    api.call('PATCH', '/apps/shop', { json: { env_vars: { A: '1' } } }),
  );
  expect(status).toBe(200);
  expect(await feed.readNewest('shop')).toMatchObject({ revision: 2, spec: { env_vars: { A: '1' } } });
  expect(await marked('shop')).toMatchObject({ revision: 2 });
});

it('an app that is created while the api ends begins beyond what the feed has of its name', async () => {
  const earlier = await PublishingUnderTest.start(join(folder, 'lost.db'), { feeds: [feed] });
  for (let count = 0; count < 3; count += 1) await earlier.write('shop', { env_vars: { N: String(count) } });
  await eventually(async () => expect(await feed.readNewest('shop')).toMatchObject({ revision: 3 }));
  await earlier.stop();
  feed.away = true;
  await start();
  store.hang('get');
  feed.away = false;
  const answer = await inTheLastMoment(() =>
    api.call('POST', '/apps', { json: { app_name: 'shop', docker_image: 'shop:1' } }),
  );
  expect(answer).toMatchObject({ status: 201, body: { revision: 4 } });
  expect(await feed.readNewest('shop')).toMatchObject({ revision: 4 });
});

it('a feed that never answers keeps no api from its end', async () => {
  await start();
  feed.hanging = true;
  await api.create('shop');
  await eventually(() => expect(feed.unanswered).toBeGreaterThan(0));
  await api.stop();
  expect(feed.appended).toEqual([]);
});
