import { afterAll, afterEach, beforeAll, expect, it, jest } from '@jest/globals';
import type { DesiredStateMessage } from '@nebula/contracts';
import { type DesiredStateFeed, InProcessBroker } from '@nebula/messaging';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SEARCHED_LOG } from '../../../../../libs/messaging/src/testing/searched-log.js';
import { type AnyMongo, anyMongo } from '../../../../../tools/services/mongo.mjs';
import { createApi } from '../../create-api.js';
import { Publisher } from '../../publishing/publisher.js';
import { eventually } from '../../testing/eventually.js';
import { AppStore } from '../app-store.js';
import { SealingAppStore } from '../secrets/sealing-app-store.js';
import { createMongoDatabase } from '../testing/mongo-under-test.js';
import { recordOf } from '../testing/records.js';

// A server that reads every document, on a machine that has other things to do.
const LIMIT = 300_000;
jest.setTimeout(LIMIT);

const APPS = Array.from({ length: 1_000 }, (_, index) => `app-${String(index).padStart(4, '0')}`);
const PARALLEL = 8;

let server: AnyMongo;
let database: ReturnType<typeof createMongoDatabase>;
let folder: string;
let broker: InProcessBroker;
let api: NestFastifyApplication | null = null;
/** Calls of the feed and of the store, by name, since the last start of an api. */
const calls = new Map<string, number>();

beforeAll(async () => {
  server = await anyMongo((line) => process.stderr.write(`${line}\n`));
  database = createMongoDatabase(server.url);
  folder = await mkdtemp(join(tmpdir(), 'nebula-many-apps-'));
  broker = new InProcessBroker({ directory: join(folder, 'feed') });
  const { apps } = await database.open();
  const waiting = [...APPS];
  const insert = async () => {
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop())
      await apps.insert(recordOf(name));
  };
  await Promise.all(Array.from({ length: PARALLEL }, insert));
}, LIMIT);

afterEach(async () => {
  await api?.close();
  api = null;
}, LIMIT);

afterAll(async () => {
  await broker?.feed.close();
  await rm(folder, { recursive: true, force: true });
  try {
    await database?.destroy();
  } finally {
    await server?.remove();
  }
}, LIMIT);

function count(name: string): void {
  calls.set(name, (calls.get(name) ?? 0) + 1);
}

/** The feed of the broker, whose calls are counted. */
function countedFeed(): DesiredStateFeed {
  const { feed } = broker;
  return {
    region: feed.region,
    publish: async (message: DesiredStateMessage) => {
      count('publish');
      await feed.publish(message);
    },
    readNewest: async (appName) => {
      count('read');
      return await feed.readNewest(appName);
    },
    readHighest: (appName) => feed.readHighest(appName),
    removeDeleted: (appName) => feed.removeDeleted(appName),
    problem: () => feed.problem(),
    close: async () => undefined,
  };
}

/** Starts an api on the database, and waits until it has compared and published all that there is to. */
async function startApi(): Promise<NestFastifyApplication> {
  calls.clear();
  api = await createApi({
    store: { kind: 'mongo', ...database.options },
    feeds: [countedFeed()],
    logger: SEARCHED_LOG,
    ...{ verify_interval_seconds: 86_400, tombstone_retention_days: 90, version: 'test' },
  });
  const store = api.get(AppStore);
  if (!(store instanceof SealingAppStore)) throw new Error('The store has no other one inside.');
  const { inner } = store;
  for (const name of ['get', 'epoch', 'behind', 'markPublished', 'claimVerification'] as const) {
    const call = inner[name].bind(inner) as (...given: unknown[]) => Promise<unknown>;
    Object.defineProperty(inner, name, {
      value: (...given: unknown[]) => {
        count(name);
        return call(...given);
      },
    });
  }
  await api.init();
  await api.getHttpAdapter().getInstance().ready();
  const publisher = api.get(Publisher);
  await eventually(() => {
    expect(calls.get('read') ?? 0).toBeGreaterThanOrEqual(APPS.length);
    expect(publisher.rests()).toBe(true);
  }, LIMIT);
  return api;
}

async function get<T>(running: NestFastifyApplication, path: string): Promise<T> {
  let body: unknown;
  // A busy server may not answer in time, which is a 503.
  await eventually(async () => {
    const answer = await running.inject({ method: 'GET', url: `/api/v3${path}` });
    expect(answer.statusCode).toBe(200);
    body = answer.json();
  }, LIMIT);
  return body as T;
}

interface Page {
  items: { app_name: string }[];
  next_cursor: string | null;
}

it('an api publishes 1,000 apps, lists them in pages, and tells the status of each', async () => {
  const running = await startApi();
  expect(calls.get('publish')).toBe(APPS.length);
  for (const app of APPS) expect(await broker.feed.readNewest(app)).toMatchObject({ revision: 1 });

  const listed: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page: Page = await get(running, `/apps?limit=300${cursor && `&cursor=${cursor}`}`);
    listed.push(...page.items.map(({ app_name }) => app_name));
    cursor = page.next_cursor;
  }
  expect(listed).toEqual(APPS);
  const begun = await get<Page>(running, '/apps?prefix=app-099&limit=4');
  expect(begun.items.map(({ app_name }) => app_name)).toEqual(APPS.slice(990, 994));

  for (const app of [APPS[0], APPS[500], APPS[999]]) {
    expect(await get(running, `/apps/${app}/status`)).toMatchObject({
      ...{ app_name: app, revision: 1, summary: { converged: 0, converging: 0, failed: 0, offline: 0 } },
    });
  }
});

it('an api that starts on 1,000 apps compares each with two calls of the database, and appends nothing', async () => {
  await startApi();
  expect(calls.get('publish') ?? 0).toBe(0);
  expect(calls.get('read')).toBe(APPS.length);
  expect(calls.get('get')).toBe(APPS.length);
  // Beside them, one for each look at what is behind.
  expect(calls.get('epoch')).toBe(APPS.length + (calls.get('behind') ?? 0));
  expect(calls.get('markPublished') ?? 0).toBe(0);
});
