import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { createNebulaClient } from './client.js';
import { type NebulaEvent, streamEvents } from './events.js';
import { endless, errorOf, problem, type Scripted, ScriptedFetch } from './testing/scripted-fetch.js';

const TYPE = 'text/event-stream; charset=utf-8';
const START = 'id: e-1\nevent: start\ndata: {}\n\n';
const APP = 'id: e-2\nevent: app\ndata: {"app_name":"shop","revision":2}\n\n';

afterEach(() => {
  jest.useRealTimers();
});

function serverOf(...script: Scripted[]) {
  const server = new ScriptedFetch(...script);
  const client = createNebulaClient({
    baseUrl: 'http://nebula.example',
    fetch: server.fetch,
    timeoutMs: 5_000,
  });
  return { client, server };
}

const stream = (text: string) => new Response(text, { headers: { 'content-type': TYPE } });

describe('a stream of events', () => {
  it('goes on behind the last event when it breaks, also where the api is away for a while', async () => {
    const { client, server } = serverOf(
      stream(START + APP),
      new TypeError('fetch failed'),
      problem(503, 'shutting-down', { 'retry-after': '0' }),
      (request) => endless(request, 'id: e-3\nevent: reset\ndata: {}\n\n', TYPE),
    );
    const seen: NebulaEvent[] = [];
    for await (const event of streamEvents({ client, query: { app: 'shop' } })) {
      seen.push(event);
      if (event.type === 'reset') break;
    }
    expect(seen.map(({ type }) => type)).toEqual(['start', 'app', 'reset']);
    expect(server.requests.map(({ request }) => request.headers.get('last-event-id'))).toEqual([
      null,
      'e-2',
      'e-2',
      'e-2',
    ]);
    expect(server.requests[0]?.request.url).toBe('http://nebula.example/api/v3/events?app=shop');
  });

  it('leaves out what it does not know, and goes on behind it', async () => {
    const { client, server } = serverOf(stream('id: e-9\nevent: party\ndata: 1\n\n'), stream(APP));
    const events = streamEvents({ client, lastEventId: 'e-0' });
    expect((await events.next()).value).toEqual({
      type: 'app',
      id: 'e-2',
      data: { app_name: 'shop', revision: 2 },
    });
    await events.return();
    expect(server.requests.map(({ request }) => request.headers.get('last-event-id'))).toEqual([
      'e-0',
      'e-9',
    ]);
  });

  it('ends when the api refuses it', async () => {
    const { client } = serverOf(problem(401, 'unauthorized'));
    expect(await errorOf(streamEvents({ client }).next())).toMatchObject({ status: 401 });
  });

  it('is not ended by the time limit of a call, but when it is silent for too long', async () => {
    jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick', 'setImmediate', 'performance'] });
    const { client, server } = serverOf(
      (request) => endless(request, START, TYPE),
      (request) => endless(request, APP, TYPE),
    );
    const events = streamEvents({ client });
    expect((await events.next()).value).toMatchObject({ type: 'start' });
    const next = events.next();
    await jest.advanceTimersByTimeAsync(44_000);
    expect(server.requests).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(10_000);
    expect((await next).value).toMatchObject({ type: 'app' });
    expect(server.requests).toHaveLength(2);
  });

  it('ends its connection when the loop is left', async () => {
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode(START)),
      cancel: () => {
        cancelled = true;
      },
    });
    const { client } = serverOf(new Response(body, { headers: { 'content-type': TYPE } }));
    for await (const _event of streamEvents({ client })) break;
    expect(cancelled).toBe(true);
  });
});
