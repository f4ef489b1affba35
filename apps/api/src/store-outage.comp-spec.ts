import { rename } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PROBLEMS } from './http/problem-types.js';
import { IncompatibleStoreError, StoreUnavailableError } from './store/app-store.js';
import { ApiUnderTest, type HttpAnswer } from './testing/api-under-test.js';
import { eventually } from './testing/eventually.js';
import { expectProblem } from './testing/expect-problem.js';
import { FaultyStore } from './testing/faulty-store.js';

/** Of each request of these tests, milliseconds. */
const LIMIT_MS = 500;

/** Until the database is searched for what nobody was told of, milliseconds. */
const PUBLISHED_LIMIT_MS = 15_000;

let api: ApiUnderTest;
let store: FaultyStore;

beforeEach(async () => {
  api = await ApiUnderTest.start({ request_limit_ms: LIMIT_MS });
  store = new FaultyStore(api.store);
  await api.create('old', { env_vars: { A: '1' } });
  await eventually(async () => expect(await api.store.behind('local', 1, 10)).toEqual([]));
});

afterEach(async () => {
  store.heal();
  await api.stop();
});

/** Every call that needs the store. */
const READS = [
  ['GET', '/apps'],
  ['GET', '/apps/old'],
  ['GET', '/apps/old/status'],
] as const;
const WRITES: readonly (readonly [string, string, object?])[] = [
  ['POST', '/apps', { app_name: 'new', docker_image: 'shop:1' }],
  ['PUT', '/apps/new', { docker_image: 'shop:1' }],
  ['PUT', '/apps/old', { docker_image: 'shop:2' }],
  ['PATCH', '/apps/old', { docker_image: 'shop:2' }],
  ['DELETE', '/apps/old'],
  ['POST', '/apps/old/stop'],
  ['POST', '/apps/old/restart'],
  ['POST', '/apps/old/release'],
];

async function make(calls: readonly (readonly [string, string, object?])[]): Promise<HttpAnswer[]> {
  return await Promise.all(calls.map(([method, path, json]) => api.call(method, path, json ? { json } : {})));
}

describe('a store that is away', () => {
  it('is answered with 503 by every call, and nothing changes', async () => {
    const before = await api.stored('old', 'new');
    store.fail(new StoreUnavailableError('no answer from db.example'), 'get', 'list', 'epoch');
    for (const answer of await make([...READS, ...WRITES])) {
      const problem = expectProblem(answer, PROBLEMS.storeUnavailable);
      // Where the database is concerns those who run it.
      expect(JSON.stringify(problem)).not.toContain('db.example');
    }
    expect((await api.call('GET', '//healthz')).status).toBe(200);
    expect(api.problems.join('\n')).toContain('no answer from db.example');
    store.heal();
    expect(await api.stored('old', 'new')).toEqual(before);
  });

  it('is answered with 503 when it goes between the read and the write', async () => {
    const before = await api.stored('old', 'new');
    store.fail(new StoreUnavailableError('the disk is full'), 'insert', 'replace');
    for (const answer of await make(WRITES)) expectProblem(answer, PROBLEMS.storeUnavailable);
    expect(await api.stored('old', 'new')).toEqual(before);
    expect(await api.broker.feed.readNewest('old')).toMatchObject({ revision: 1 });
    expect(await api.broker.feed.readNewest('new')).toBeNull();
    store.heal();
    const answer = await api.call('PATCH', '/apps/old', { json: { env_vars: { B: '2' } } });
    expect(answer).toMatchObject({ status: 200, body: { revision: 2, env_vars: { A: '1', B: '2' } } });
  });

  it('because its file is gone says so, and takes no change', async () => {
    await rename(api.database, `${api.database}.away`);
    for (const answer of await make(WRITES)) expectProblem(answer, PROBLEMS.storeUnavailable);
    const problem = expectProblem(await api.call('GET', '//readyz'), PROBLEMS.notReady);
    expect(problem.detail).toMatch(/^store: /);
    await rename(`${api.database}.away`, api.database);
    await eventually(async () => expect((await api.call('GET', '//readyz')).status).toBe(200));
    expect((await api.call('GET', '/apps/old')).body).toMatchObject({ revision: 1 });
  });
});

describe('a store that writes, and whose word of it is lost', () => {
  const LOST = new StoreUnavailableError('the connection was lost');

  /** The same call twice: the first is answered with 503 though it is stored. */
  async function repeated(method: string, path: string, json?: object, headers?: Record<string, string>) {
    const parts = { ...(json ? { json } : {}), ...(headers ? { headers } : {}) };
    store.failAfter(LOST, 'insert', 'replace');
    expectProblem(await api.call(method, path, parts), PROBLEMS.storeUnavailable);
    store.heal();
    const stored = await api.stored('old', 'new');
    return { stored, again: await api.call(method, path, parts) };
  }

  it.each<[method: string, path: string, json?: object]>([
    ['PUT', '/apps/old', { docker_image: 'shop:2' }],
    ['PATCH', '/apps/old', { docker_image: 'shop:2' }],
    ['POST', '/apps/old/stop'],
    ['POST', '/apps/old/restart'],
    ['POST', '/apps/old/roll'],
    ['POST', '/apps/old/release'],
    ['POST', '/apps/old/prune'],
  ])('%s %s: a repeat with its If-Match is told that it is done, and does nothing', async (...call) => {
    const [method, path, json] = call;
    const { stored, again } = await repeated(method, path, json, { 'if-match': '"1"' });
    expect(stored).toMatchObject([{ revision: 2 }, null]);
    expectProblem(again, PROBLEMS.preconditionFailed);
    expect(again.headers.get('etag')).toMatch(/^"2-[0-9a-z]+"$/);
    expect(await api.stored('old', 'new')).toEqual(stored);
  });

  it.each<[method: string, path: string, json: object | undefined, status: number]>([
    ['PUT', '/apps/old', { docker_image: 'shop:2' }, 200],
    ['PATCH', '/apps/old', { docker_image: 'shop:2' }, 200],
    ['POST', '/apps/old/stop', undefined, 202],
    ['PUT', '/apps/new', { docker_image: 'shop:2' }, 200],
  ])('%s %s: a repeat without it makes no further revision', async (method, path, json, status) => {
    const { stored, again } = await repeated(method, path, json);
    expect(again.status).toBe(status);
    expect(await api.stored('old', 'new')).toEqual(stored);
  });

  it('a repeated creation finds the app, and a repeated deletion finds none', async () => {
    const made = await repeated('POST', '/apps', { app_name: 'new', docker_image: 'shop:1' });
    expectProblem(made.again, PROBLEMS.appExists);
    const gone = await repeated('DELETE', '/apps/old');
    expect(gone.stored).toMatchObject([{ deleted: true, revision: 2 }, { revision: 1 }]);
    expectProblem(gone.again, PROBLEMS.appNotFound);
    expect(await api.stored('old', 'new')).toEqual(gone.stored);
  });

  it('what was stored reaches the workers without a repeat', async () => {
    store.failAfter(LOST, 'replace');
    const json = { docker_image: 'shop:2' };
    expectProblem(await api.call('PATCH', '/apps/old', { json }), PROBLEMS.storeUnavailable);
    store.heal();
    await eventually(
      async () => expect(await api.broker.feed.readNewest('old')).toMatchObject({ revision: 2 }),
      PUBLISHED_LIMIT_MS,
    );
  });

  it('a wish that is repeated without it is done once more', async () => {
    const { stored, again } = await repeated('POST', '/apps/old/restart');
    expect(stored).toMatchObject([{ revision: 2 }, null]);
    expect(again).toMatchObject({ status: 202, body: { revision: 3 } });
  });
});

describe('a store that never answers', () => {
  it('is answered for within the limit, by every call', async () => {
    store.hang('get', 'list', 'epoch');
    const from = performance.now();
    for (const answer of await make([...READS, ...WRITES])) {
      expect(expectProblem(answer, PROBLEMS.timedOut).detail).toContain('within 0.5 s');
    }
    expect(performance.now() - from).toBeLessThan(10 * LIMIT_MS);
    expect(performance.now() - from).toBeGreaterThan(LIMIT_MS * 0.9);
    // What was given up may go on then, as the answer says, but each change as a whole.
    store.heal();
    await eventually(async () => expect(await api.stored('new')).not.toEqual([null]));
    expect(await api.stored('new')).toMatchObject([{ spec: { docker_image: 'shop:1' }, deleted: false }]);
    // One of the changes of the other app was its deletion, behind which another may have made it anew.
    await eventually(async () => {
      const old = await api.store.get('old');
      expect(old?.revision).toBeGreaterThan(1);
      expect(old?.deleted).toBe(old?.spec === null);
    });
  });

  it("doesn't keep those that need no store from being answered", async () => {
    store.hang('get', 'list');
    const waiting = make(READS);
    expect((await api.call('GET', '//healthz')).status).toBe(200);
    const answer = await api.call('POST', '/apps', { json: {} });
    expectProblem(answer, PROBLEMS.invalidSpec);
    await waiting;
  });
});

describe('a store that a newer version has written', () => {
  it('is not said to be one that is back soon', async () => {
    const before = await api.stored('old', 'new');
    store.fail(
      new IncompatibleStoreError('db.example was written by a newer version'),
      'get',
      'list',
      'epoch',
    );
    for (const answer of await make([...READS, ...WRITES])) {
      const problem = expectProblem(answer, PROBLEMS.storeIncompatible);
      expect(JSON.stringify(problem)).not.toContain('db.example');
    }
    expect(api.problems.join('\n')).toContain('db.example was written by a newer version');
    store.heal();
    expect(await api.stored('old', 'new')).toEqual(before);
  });
});

describe('a store that is slow', () => {
  it('is waited for by a prune of all apps, which looks at several of them at a time', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await api.create(name);
    store.hang('epoch');
    const pruned = api.call('POST', '/prune?dry_run=true');
    await eventually(() => expect(store.waiting).toBeGreaterThanOrEqual(5));
    // Who asks later, and for one app, is told by then that it takes too long.
    expectProblem(await api.call('POST', '/apps/old/prune?dry_run=true'), PROBLEMS.timedOut);
    store.heal();
    const { status, body } = await pruned;
    expect(status).toBe(202);
    const { items } = body as { items: { app_name: string; error: null }[] };
    expect(items.map(({ app_name }) => app_name)).toEqual(['a', 'b', 'c', 'd', 'old']);
  });
});

describe('an error that nobody thought of', () => {
  it('is a 500 that says nothing of it, and stands in the log under the id of the answer', async () => {
    store.fail(new TypeError('secret of the inside'), 'get', 'list');
    for (const answer of await make([...READS, ...WRITES])) {
      const problem = expectProblem(answer, PROBLEMS.internalError);
      expect(JSON.stringify(problem)).not.toContain('secret');
      const id = problem.instance.replace('urn:uuid:', '');
      const lines = api.problems.filter((line) => line.includes(id));
      expect(lines).toEqual([expect.stringMatching(/a request failed.*secret of the inside/)]);
    }
  });
});
