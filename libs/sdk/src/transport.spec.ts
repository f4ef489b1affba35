import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { createNebulaClient, type NebulaClientOptions } from './client.js';
import { NebulaApiError, NebulaConnectionError, NebulaTimeoutError } from './errors.js';
import { createApp, deleteApp, getApp, listApps, pruneAll, putApp, waitForApp } from './generated/sdk.gen.js';
import {
  endless,
  errorOf,
  json,
  problem,
  type Scripted,
  ScriptedFetch,
  silence,
} from './testing/scripted-fetch.js';

const SOON = { 'retry-after': '0' };

function clientOf(script: Scripted[], options: Partial<NebulaClientOptions> = {}) {
  const server = new ScriptedFetch(...script);
  const client = createNebulaClient({ baseUrl: 'http://nebula.example', fetch: server.fetch, ...options });
  return { client, server };
}

const page = () => json(200, { items: [], next_cursor: null });
const path = { app: 'shop' };

afterEach(() => {
  jest.useRealTimers();
});

describe('a call that fails for a moment', () => {
  it.each([
    ['429', problem(429, 'rate-limited', SOON)],
    ['503', problem(503, 'store-unavailable', SOON)],
    ['a 502 of a proxy', new Response('<h1>Bad gateway</h1>', { status: 502, headers: SOON })],
    ['a 504 of a proxy', new Response('', { status: 504, headers: SOON })],
    ['a connection that breaks', new TypeError('fetch failed')],
  ])('with %s is tried again', async (_name, failure) => {
    const { client, server } = clientOf([failure, page()]);
    expect(await listApps({ client })).toEqual({ items: [], next_cursor: null });
    expect(server.requests).toHaveLength(2);
  });

  it('sends its whole body again', async () => {
    const { client, server } = clientOf([problem(503, 'timed-out', SOON), json(200, {})]);
    await putApp({ client, path, body: { docker_image: 'shop:2' } });
    expect(server.requests.map(({ body }) => JSON.parse(body) as unknown)).toEqual([
      { docker_image: 'shop:2' },
      { docker_image: 'shop:2' },
    ]);
  });

  it('waits as long as the server asks for', async () => {
    const { client, server } = clientOf([problem(503, 'shutting-down', { 'retry-after': '1' }), page()]);
    await listApps({ client });
    const [first, second] = server.requests;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(990);
  });

  it('is given up after the last try, with the number of them', async () => {
    const failures = [1, 2, 3].map(() => problem(503, 'store-unavailable', SOON));
    const { client, server } = clientOf(failures);
    expect(await errorOf(listApps({ client }))).toMatchObject({ status: 503, retryAfter: 0, attempts: 3 });
    expect(server.requests).toHaveLength(3);
  });

  it('is given up at once when the server asks for more time than there is', async () => {
    const { client, server } = clientOf([problem(503, 'shutting-down', { 'retry-after': '3600' })]);
    expect(await errorOf(listApps({ client }))).toMatchObject({ retryAfter: 3600, attempts: 1 });
    expect(server.requests).toHaveLength(1);
  });
});

describe('a call is not tried again', () => {
  const failure = () => problem(503, 'timed-out', SOON);
  const body = { app_name: 'shop', docker_image: 'shop:1' };

  it('when it is not idempotent', async () => {
    const { client, server } = clientOf([failure(), json(201, {})]);
    expect(await errorOf(createApp({ client, body }))).toMatchObject({ status: 503, attempts: 1 });
    expect(server.requests).toHaveLength(1);
  });

  it('when it has a precondition, which its own first try may have broken', async () => {
    const { client, server } = clientOf([failure(), json(202, {})]);
    const call = deleteApp({ client, path, headers: { 'If-Match': '"7"' } });
    expect(await errorOf(call)).toMatchObject({ status: 503 });
    expect(server.requests).toHaveLength(1);
  });

  it.each([400, 401, 403, 404, 409, 412, 422, 500])('after %i', async (status) => {
    const { client, server } = clientOf([problem(status, 'x'), page()]);
    expect(await errorOf(listApps({ client }))).toMatchObject({ status });
    expect(server.requests).toHaveLength(1);
  });

  it('when that is switched off', async () => {
    const { client, server } = clientOf([failure(), page()], { maxRetries: 0 });
    expect(await errorOf(listApps({ client }))).toBeInstanceOf(NebulaApiError);
    expect(server.requests).toHaveLength(1);
  });
});

describe('an error', () => {
  it('has all that the problem says', async () => {
    const { client } = clientOf([problem(404, 'app-not-found', { 'x-request-id': 'abc' })]);
    expect(await errorOf(getApp({ client, path }))).toMatchObject({
      name: 'NebulaApiError',
      ...{ status: 404, type: 'urn:nebula:problem:app-not-found', title: 'Title of app-not-found' },
      ...{ detail: 'Detail of app-not-found.', errors: [], retryAfter: null, requestId: 'abc' },
      ...{ method: 'GET', url: 'http://nebula.example/api/v3/apps/shop' },
    });
  });

  it('takes the id of the request from the problem when no header has it', async () => {
    const { client } = clientOf([problem(404, 'app-not-found')]);
    expect(await errorOf(getApp({ client, path }))).toMatchObject({ requestId: '1-2' });
  });

  it('is one also when the answer is no problem', async () => {
    const { client } = clientOf([new Response('<h1>No</h1>', { status: 403, statusText: 'Forbidden' })]);
    expect(await errorOf(getApp({ client, path }))).toMatchObject({
      ...{ status: 403, type: 'about:blank', title: 'Forbidden', detail: '<h1>No</h1>', errors: [] },
    });
  });

  it('says the innermost reason of a connection that fails', async () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });
    const { client } = clientOf([new TypeError('fetch failed', { cause })], { maxRetries: 0 });
    const error = await errorOf(listApps({ client }));
    expect(error).toBeInstanceOf(NebulaConnectionError);
    expect((error as Error).message).toBe(
      'GET http://nebula.example/api/v3/apps was not answered: connect ECONNREFUSED 127.0.0.1:1',
    );
  });
});

describe('a redirect', () => {
  const body = { app_name: 'shop', docker_image: 'shop:1' };
  const moved = (status: number, location: string | null) =>
    new Response('<h1>Moved</h1>', { status, headers: location === null ? {} : { location } });
  const modes = ({ requests }: ScriptedFetch) => requests.map(({ request }) => request.redirect);

  it.each([301, 302, 303, 307, 308])('with %i ends a change, which is sent nowhere else', async (status) => {
    const { client, server } = clientOf([moved(status, 'https://nebula.example/api/v3/apps?a=b#c')]);
    expect(await errorOf(createApp({ client, body }))).toMatchObject({
      ...{ name: 'NebulaApiError', status, type: 'about:blank', method: 'POST' },
      location: 'https://nebula.example/api/v3/apps',
      detail:
        'It is redirected to https://nebula.example/api/v3/apps, and was not sent on: use that address.',
    });
    expect(modes(server)).toEqual(['manual']);
  });

  it.each([
    ['/eu/api/v3/apps', 'http://nebula.example/eu/api/v3/apps'],
    ['https://me:secret@other.example/', 'https://other.example/'],
  ])('to %s is one to %s', async (location, whole) => {
    const { client } = clientOf([moved(308, location)]);
    expect(await errorOf(createApp({ client, body }))).toMatchObject({ location: whole });
  });

  it.each([
    ['that says nothing of where to', () => moved(302, null)],
    ['to what is no address', () => moved(302, 'http://')],
    // As browsers show it.
    [
      'that may not be seen',
      () => Object.defineProperty(Response.error(), 'type', { value: 'opaqueredirect' }),
    ],
  ])('%s ends a change, too', async (_name, answer) => {
    const { client, server } = clientOf([answer()]);
    expect(await errorOf(putApp({ client, path, body: { docker_image: 'shop:1' } }))).toMatchObject({
      ...{ name: 'NebulaApiError', location: null, attempts: 1 },
    });
    expect(server.requests).toHaveLength(1);
  });

  it('is followed by what only reads', async () => {
    const { client, server } = clientOf([page()]);
    await listApps({ client });
    expect(modes(server)).toEqual(['follow']);
  });
});

describe('the time limit', () => {
  it.each([
    ['nothing comes', silence],
    ['a body does not end', (request: Request) => endless(request, '{"items":')],
  ])('ends a call when %s', async (_name, answer) => {
    const { client } = clientOf([answer, answer, answer], { timeoutMs: 50 });
    const error = await errorOf(listApps({ client }));
    expect(error).toBeInstanceOf(NebulaTimeoutError);
    expect((error as Error).message).toContain(
      'GET http://nebula.example/api/v3/apps was not answered within 0.05 s',
    );
  });

  it('gives the api the time that it is asked to wait on top, and no more', async () => {
    jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick', 'setImmediate'] });
    let answer: (response: Response) => void = () => undefined;
    const late = () => new Promise<Response>((resolve) => (answer = resolve));
    const { client, server } = clientOf([late, silence], { timeoutMs: 50 });
    const waitFor = async (milliseconds: number) => {
      const call = waitForApp({ client, path, query: { timeout: 1 } });
      call.catch(() => undefined);
      const before = server.requests.length;
      while (server.requests.length === before) await new Promise(setImmediate);
      await jest.advanceTimersByTimeAsync(milliseconds);
      return { call };
    };
    const { call } = await waitFor(1_049);
    answer(json(200, { outcome: 'converged' }));
    expect(await call).toEqual({ outcome: 'converged' });
    expect(await errorOf((await waitFor(1_051)).call)).toBeInstanceOf(NebulaTimeoutError);
  });

  it('is as long as a timer can be where more is asked for', async () => {
    jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick', 'setImmediate'] });
    const timers = jest.spyOn(globalThis, 'setTimeout');
    const { client } = clientOf([json(200, { items: [] })], { timeoutMs: 2 ** 31 - 50 });
    // The time of the api comes on top.
    await pruneAll({ client });
    expect(timers.mock.calls.map(([, milliseconds]) => milliseconds)).toEqual([2 ** 31 - 1]);
  });

  it('gives it a minute and a half on top for what is about many apps', async () => {
    jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick', 'setImmediate'] });
    let answer: (response: Response) => void = () => undefined;
    const late = () => new Promise<Response>((resolve) => (answer = resolve));
    const { client, server } = clientOf([late], { timeoutMs: 50 });
    const call = pruneAll({ client });
    while (server.requests.length === 0) await new Promise(setImmediate);
    await jest.advanceTimersByTimeAsync(90_049);
    answer(json(202, { items: [] }));
    expect(await call).toEqual({ items: [] });
  });

  it("hands on the reason of the caller's own signal", async () => {
    const stop = new AbortController();
    const { client } = clientOf([silence]);
    const call = listApps({ client, signal: stop.signal });
    stop.abort(new Error('enough'));
    expect(await errorOf(call)).toMatchObject({ message: 'enough' });
  });

  it("ends the wait between two tries, too, when the caller's signal says so", async () => {
    const stop = new AbortController();
    const { client, server } = clientOf([problem(503, 'shutting-down', { 'retry-after': '20' })]);
    const call = listApps({ client, signal: stop.signal });
    call.catch(() => undefined);
    while (server.requests.length === 0) await new Promise(setImmediate);
    stop.abort(new Error('enough'));
    expect(await errorOf(call)).toMatchObject({ message: 'enough' });
  });
});

describe('credentials', () => {
  const sent = async (options: Partial<NebulaClientOptions>, headers: Record<string, string> = {}) => {
    const { client, server } = clientOf([page()], options);
    await listApps({ client, headers });
    return server.requests[0]?.request.headers.get('authorization') ?? null;
  };

  it('are sent with every call', async () => {
    expect(await sent({})).toBeNull();
    expect(await sent({ token: 'abc' })).toBe('Bearer abc');
    expect(await sent({ user: 'Zoë', password: 'pä:ss' })).toBe(
      `Basic ${Buffer.from('Zoë:pä:ss', 'utf8').toString('base64')}`,
    );
    expect(await sent({ token: 'abc' }, { Authorization: 'Bearer other' })).toBe('Bearer other');
  });

  it('are asked for before every try', async () => {
    let count = 0;
    const token = () => `token-${(count += 1)}`;
    const { client, server } = clientOf([problem(503, 'timed-out', SOON), page()], { token });
    await listApps({ client });
    expect(server.requests.map(({ request }) => request.headers.get('authorization'))).toEqual([
      'Bearer token-1',
      'Bearer token-2',
    ]);
  });

  it('that can not be had end the call with the reason', async () => {
    const token = () => Promise.reject(new Error('the vault is sealed'));
    const { client } = clientOf([page()], { token });
    expect(await errorOf(listApps({ client }))).toMatchObject({ message: 'the vault is sealed' });
  });
});
