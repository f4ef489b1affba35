import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { reportOf } from '../../../apps/api/src/store/testing/records.js';
import { ApiUnderTest } from '../../../apps/api/src/testing/api-under-test.js';
import {
  createApp,
  createNebulaClient,
  deleteApp,
  eachItem,
  eachPage,
  etagOf,
  forgetWorker,
  getApp,
  getAppStatus,
  getHealth,
  listApps,
  NebulaApiError,
  NebulaConnectionError,
  type NebulaClient,
  type NebulaEvent,
  NotConvergedError,
  patchApp,
  putApp,
  restartApp,
  stopApp,
  streamEvents,
  waitForConvergence,
} from './index.js';

let api: ApiUnderTest;
let client: NebulaClient;

beforeAll(async () => {
  api = await ApiUnderTest.start();
  client = createNebulaClient({ baseUrl: api.url });
});
afterAll(async () => {
  await api.stop();
});

/** What a call failed with. */
async function errorOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    return error;
  }
  throw new Error('the call has succeeded');
}

describe('the SDK with a real api', () => {
  it('creates, reads, changes and deletes', async () => {
    const created = await createApp({ client, body: { app_name: 'shop', docker_image: 'shop:1' } });
    expect(created).toMatchObject({ app_name: 'shop', revision: 1, running: true });
    expect(await getApp({ client, path: { app: 'shop' } })).toEqual(created);
    const patched = await patchApp({ client, path: { app: 'shop' }, body: { env_vars: { A: '1' } } });
    expect(patched).toMatchObject({ docker_image: 'shop:1', env_vars: { A: '1' }, revision: 2 });
    const put = await putApp({ client, path: { app: 'shop' }, body: { docker_image: 'shop:2' } });
    expect(put).toMatchObject({ docker_image: 'shop:2', env_vars: {}, revision: 3 });
    expect(await restartApp({ client, path: { app: 'shop' } })).toEqual({ app_name: 'shop', revision: 4 });
    expect(await deleteApp({ client, path: { app: 'shop' } })).toEqual({ app_name: 'shop', revision: 5 });
    expect(await getHealth({ client })).toMatchObject({ status: 'ok' });
  });

  it('throws an error that says what was wrong', async () => {
    const error = await errorOf(
      createApp({ client, body: { app_name: 'bad', docker_image: 'shop:1', starting_ports: [70000] } }),
    );
    expect(error).toBeInstanceOf(NebulaApiError);
    expect(error).toMatchObject({
      status: 422,
      type: 'urn:nebula:problem:invalid-spec',
      title: 'The spec is not valid',
      errors: [{ pointer: '/starting_ports/0', value: 70000 }],
      retryAfter: null,
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      attempts: 1,
    });
    expect((error as Error).message).toMatch(/^POST http.*422: \/starting_ports\/0 must be a port/);
  });

  it('refuses a change on top of another with the tag of what was read', async () => {
    const read = await createApp({ client, body: { app_name: 'raced', docker_image: 'shop:1' } });
    const headers = { 'If-Match': etagOf(read) };
    await patchApp({ client, path: { app: 'raced' }, body: { running: false }, headers });
    const error = await errorOf(putApp({ client, path: { app: 'raced' }, body: read, headers }));
    expect(error).toMatchObject({ status: 422 });
    const { revision: _revision, created_at: _created, updated_at: _updated, ...spec } = read;
    const late = await errorOf(putApp({ client, path: { app: 'raced' }, body: spec, headers }));
    expect(late).toMatchObject({ status: 412, type: 'urn:nebula:problem:precondition-failed' });
  });

  it('makes the tag that the api has for what it answers, and one that is good for a change from a revision', async () => {
    const read = await createApp({ client, body: { app_name: 'tagged', docker_image: 'shop:1' } });
    const { headers } = await api.call('GET', '/apps/tagged');
    expect(etagOf(read)).toBe(headers.get('etag'));
    const path = { app: 'tagged' };
    const wish = await restartApp({ client, path, headers: { 'If-Match': etagOf(read) } });
    const after = await stopApp({ client, path, headers: { 'If-Match': etagOf(wish) } });
    expect(after).toEqual({ app_name: 'tagged', revision: 3 });
  });

  it('says with 304 that nothing has changed since it was read', async () => {
    const read = await createApp({ client, body: { app_name: 'known', docker_image: 'shop:1' } });
    const path = { app: 'known' };
    const unchanged = () => getApp({ client, path, headers: { 'If-None-Match': etagOf(read) } });
    expect(await errorOf(unchanged())).toMatchObject({
      ...{ name: 'NebulaApiError', status: 304, type: 'about:blank', attempts: 1 },
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    await patchApp({ client, path, body: { running: false } });
    expect(await unchanged()).toMatchObject({ running: false, revision: 2 });
  });

  it('goes over all pages of a list', async () => {
    const names = ['page-1', 'page-2', 'page-3', 'page-4', 'page-5'];
    for (const name of names) await createApp({ client, body: { app_name: name, docker_image: 'shop:1' } });
    const found: string[] = [];
    for await (const { app_name } of eachItem(listApps, { client, query: { prefix: 'page-', limit: 2 } }))
      found.push(app_name);
    expect(found).toEqual(names);
  });

  it('says that nobody answers', async () => {
    const nobody = createNebulaClient({ baseUrl: 'http://127.0.0.1:1', maxRetries: 0 });
    const error = await errorOf(getHealth({ client: nobody }));
    expect(error).toBeInstanceOf(NebulaConnectionError);
    expect((error as Error).message).toMatch(/GET http:\/\/127\.0\.0\.1:1\/healthz was not answered: .+/);
  });

  it('takes any name in a path', async () => {
    const error = await errorOf(forgetWorker({ client, path: { worker: 'nobody:at/all' } }));
    expect(error).toMatchObject({
      status: 404,
      type: 'urn:nebula:problem:worker-not-found',
      detail: expect.stringContaining('nobody:at/all'),
    });
  });
});

describe('events', () => {
  it('come typed, and go on behind the last after a break', async () => {
    const stop = new AbortController();
    const seen: NebulaEvent[] = [];
    for await (const event of streamEvents({ client, query: { app: 'told' }, signal: stop.signal })) {
      seen.push(event);
      if (event.type === 'start')
        await createApp({ client, body: { app_name: 'told', docker_image: 'shop:1' } });
      if (event.type === 'app') break;
    }
    expect(seen.at(-1)).toMatchObject({
      type: 'app',
      data: { app_name: 'told', revision: 1, deleted: false },
    });
    await restartApp({ client, path: { app: 'told' } });
    const lastEventId = seen.at(-1)?.id ?? '';
    for await (const event of streamEvents({
      client,
      query: { app: 'told' },
      lastEventId,
      signal: stop.signal,
    })) {
      if (event.type !== 'app') continue;
      expect(event.data.revision).toBe(2);
      break;
    }
  });

  it('end with the reason of their signal', async () => {
    const stop = new AbortController();
    const events = streamEvents({ client, signal: stop.signal });
    expect((await events.next()).value).toMatchObject({ type: 'start' });
    stop.abort(new Error('enough'));
    expect(await errorOf(events.next())).toMatchObject({ message: 'enough' });
  });
});

describe('waiting for convergence', () => {
  it('ends when all workers are there, with progress meanwhile', async () => {
    await createApp({ client, body: { app_name: 'wanted', docker_image: 'shop:1' } });
    const report = { worker_id: 'worker-1', app_name: 'wanted', revision: 1 };
    const progress: string[] = [];
    const answer = await waitForConvergence({
      client,
      app: 'wanted',
      onProgress: ({ outcome }) => {
        progress.push(outcome);
        // The worker is done after the first look.
        if (progress.length === 1) api.broker.reports.publish(reportOf({ ...report, state: 'converged' }));
      },
    });
    expect(answer).toMatchObject({ outcome: 'converged', revision: 1, converged: 1 });
    expect([progress[0], progress.at(-1)]).toEqual(['no_workers', 'converged']);
    for await (const { summary } of eachPage(getAppStatus, { client, path: { app: 'wanted' } }))
      expect(summary).toMatchObject({ converged: 1 });
  });

  it('says who has failed and why', async () => {
    await createApp({ client, body: { app_name: 'failing', docker_image: 'shop:1' } });
    const last_error = {
      step: 'pull',
      message: 'no such tag',
      at: '2026-01-31T12:00:00.000Z',
      retry_at: null,
    };
    api.broker.reports.publish(
      reportOf({ worker_id: 'worker-2', app_name: 'failing', revision: 1, state: 'failed', last_error }),
    );
    const error = await errorOf(
      waitForConvergence({ client, app: 'failing', failFast: true, progressMs: 1_000 }),
    );
    expect(error).toBeInstanceOf(NotConvergedError);
    expect(error).toMatchObject({ reason: 'failed', answer: { pending: 1 } });
    expect((error as Error).message).toMatch(
      /1 of 1 workers .* revision 1 of failing: \S+ is failed \(pull: no such tag\)/,
    );
  });
});
