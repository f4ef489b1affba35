import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ApiUnderTest, type HttpAnswer } from '../testing/api-under-test.js';
import { eventually } from '../testing/eventually.js';
import { FaultyStore } from '../testing/faulty-store.js';

const started: ApiUnderTest[] = [];
afterEach(async () => {
  // The first has what the others use.
  for (const api of started.splice(0).reverse()) await api.stop();
});

/** So many that change one app take longer on a busy machine than a request may otherwise. */
const request_limit_ms = 60_000;

async function start(
  given: Omit<NonNullable<Parameters<typeof ApiUnderTest.start>[0]>, 'request_limit_ms'> = {},
): Promise<ApiUnderTest> {
  const api = await ApiUnderTest.start({ ...given, request_limit_ms });
  started.push(api);
  // SQLite alone would answer before another request could come between.
  new FaultyStore(api.store).slow('get', 'insert', 'replace');
  return api;
}

const MANY = 50;
const numbers = Array.from({ length: MANY }, (_, number) => number);

/** The answers' revisions from the lowest on; all must have this status. */
function revisionsOf(answers: readonly HttpAnswer[], status: number): number[] {
  expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([status]));
  return answers.map(({ body }) => (body as { revision: number }).revision).sort((a, b) => a - b);
}

describe('at the same time', () => {
  let api: ApiUnderTest;
  beforeEach(async () => {
    api = await start();
  });

  it('many patches all land, each with a revision of its own and without a gap', async () => {
    await api.create('shop');
    const patches = numbers.map((number) =>
      api.call('PATCH', '/apps/shop', { json: { env_vars: { [`N${number}`]: String(number) } } }),
    );
    const revisions = revisionsOf(await Promise.all(patches), 200);
    expect(revisions).toEqual(numbers.map((number) => number + 2));
    const { body } = await api.call('GET', '/apps/shop');
    const env_vars = Object.fromEntries(numbers.map((number) => [`N${number}`, String(number)]));
    expect(body).toMatchObject({ revision: MANY + 1, env_vars });
    await eventually(async () =>
      expect(await api.broker.feed.readNewest('shop')).toMatchObject({
        revision: MANY + 1,
        spec: { env_vars },
      }),
    );
  });

  it('many restarts all land', async () => {
    await api.create('shop');
    const calls = numbers.map(() => api.call('POST', '/apps/shop/restart'));
    expect(revisionsOf(await Promise.all(calls), 202)).toEqual(numbers.map((number) => number + 2));
    const tokens = { restart: MANY + 1, release: 0 };
    expect(await api.stored('shop')).toMatchObject([{ revision: MANY + 1, tokens }]);
  });

  it('one of many creates, and the others are told that it is there', async () => {
    const calls = numbers.map((number) =>
      api.call('POST', '/apps', { json: { app_name: 'shop', docker_image: `shop:${number}` } }),
    );
    const answers = await Promise.all(calls);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(MANY - 1);
    const [winner] = answers.filter(({ status }) => status === 201);
    expect(winner?.body).toMatchObject({ revision: 1 });
    expect((await api.call('GET', '/apps/shop')).body).toEqual(winner?.body);
  });

  it('one of many PUTs creates, and the others replace', async () => {
    const calls = numbers.map((number) =>
      api.call('PUT', '/apps/shop', { json: { docker_image: `shop:${number}` } }),
    );
    const answers = await Promise.all(calls);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(MANY - 1);
    const revisions = answers.map(({ body }) => (body as { revision: number }).revision);
    expect(new Set(revisions).size).toBe(MANY);
    expect(Math.max(...revisions)).toBe(MANY);
  });

  it('deletions and creations leave one truth, whose revision counts each that was accepted', async () => {
    await api.create('shop');
    const calls = numbers.map((number) =>
      number % 2 === 0
        ? api.call('DELETE', '/apps/shop')
        : api.call('PUT', '/apps/shop', { json: { docker_image: `shop:${number}` } }),
    );
    const answers = await Promise.all(calls);
    const accepted = answers.filter(({ status }) => status < 300);
    expect(answers.filter(({ status }) => status >= 300 && status !== 404)).toEqual([]);
    const last = revisionsInOrder(accepted);
    expect(await api.stored('shop')).toMatchObject([{ revision: last }]);
    await eventually(async () =>
      expect(await api.broker.feed.readNewest('shop')).toMatchObject({ revision: last }),
    );
  });
});

/** Asserts that the revisions are 2, 3, 4 … without a gap, and answers the last. */
function revisionsInOrder(accepted: readonly HttpAnswer[]): number {
  const revisions = accepted.map(({ body }) => (body as { revision: number }).revision);
  expect([...revisions].sort((a, b) => a - b)).toEqual(revisions.map((_, index) => index + 2));
  return revisions.length + 1;
}

describe('two apis on one database', () => {
  it('lose no change that either has accepted', async () => {
    const first = await start();
    const { feed } = first.broker;
    const second = await start({ store: { kind: 'sqlite', path: first.database }, feeds: [feed] });
    const apis = [first, second];
    await first.create('shop');
    const calls = numbers.flatMap((number) =>
      apis.map((api, index) =>
        api.call('PATCH', '/apps/shop', { json: { env_vars: { [`N${index}_${number}`]: '' } } }),
      ),
    );
    const revisions = revisionsOf(await Promise.all(calls), 200);
    expect(revisions).toEqual(revisions.map((_, index) => index + 2));
    const [body, other] = await Promise.all(
      apis.map(async (api) => (await api.call('GET', '/apps/shop')).body),
    );
    expect(Object.keys((body as { env_vars: object }).env_vars)).toHaveLength(2 * MANY);
    expect(other).toEqual(body);
    await eventually(async () =>
      expect(await feed.readNewest('shop')).toMatchObject({ revision: 2 * MANY + 1 }),
    );
  });
});
