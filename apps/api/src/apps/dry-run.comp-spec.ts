import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EXPECTED_ACCESS, Things } from '../access/testing/operations.js';
import { PROBLEMS, type ProblemType } from '../http/problem-types.js';
import { ApiDocument } from '../openapi/testing/api-document.js';
import { reportOf } from '../store/testing/records.js';
import { TokenStore } from '../store/token-store.js';
import { ApiUnderTest, type RequestParts } from '../testing/api-under-test.js';
import { eventually } from '../testing/eventually.js';
import { expectProblem, places } from '../testing/expect-problem.js';
import type { Preview } from './previews.service.js';

let api: ApiUnderTest;
beforeAll(async () => {
  api = await ApiUnderTest.start();
});
afterAll(async () => {
  await api.stop();
});

const STALE = { 'if-match': '"99"' };

async function preview(method: string, path: string, parts: RequestParts = {}): Promise<Preview> {
  const { status, body } = await api.call(method, `${path}?dry_run=true`, parts);
  expect({ status, body }).toMatchObject({ status: expect.any(Number), body: { preview: {} } });
  return (body as { preview: Preview }).preview;
}

describe('a dry run', () => {
  it('of each call answers what would be, and changes nothing', async () => {
    await api.create('dry', { env_vars: { A: '1' } });
    await eventually(async () => expect(await api.broker.feed.readNewest('dry')).not.toBeNull());
    const before = await api.stored('dry', 'dry-new');
    const json = { docker_image: 'shop:2' };
    const calls: [string, string, RequestParts, Partial<Preview>][] = [
      [
        'POST',
        '/apps',
        { json: { app_name: 'dry-new', ...json } },
        { result: 'created', containers: 'made' },
      ],
      ['PUT', '/apps/dry-new', { json }, { result: 'created', containers: 'made', revision: null }],
      ['PUT', '/apps/dry', { json }, { result: 'changed', containers: 'replaced', revision: 1 }],
      ['PATCH', '/apps/dry', { json }, { result: 'changed', replaced_by: ['/docker_image'] }],
      ['DELETE', '/apps/dry', {}, { result: 'deleted', containers: 'removed', spec: null }],
      ['POST', '/apps/dry/stop', {}, { result: 'stopped', containers: 'removed' }],
      ['POST', '/apps/dry/start', {}, { result: 'unchanged', containers: 'left alone', diff: [] }],
      ['POST', '/apps/dry/restart', {}, { result: 'restarted', containers: 'replaced', diff: [] }],
      ['POST', '/apps/dry/roll', {}, { result: 'rolled', containers: 'replaced' }],
      ['POST', '/apps/dry/release', {}, { result: 'released', containers: 'replaced' }],
      ['POST', '/apps/dry/prune', {}, { result: 'pruned', containers: 'left alone' }],
    ];
    for (const [method, path, parts, expected] of calls) {
      expect(await preview(method, path, parts)).toMatchObject(expected);
    }
    const pruned = await api.call('POST', '/prune?dry_run=true');
    const previewed = { result: 'pruned', revision: 1, containers: 'left alone' };
    expect(pruned).toMatchObject({
      status: 202,
      body: { items: [{ app_name: 'dry', revision: null, error: null, preview: previewed }] },
    });
    expect(await api.stored('dry', 'dry-new')).toEqual(before);
    expect(await api.broker.feed.readNewest('dry')).toMatchObject({ revision: 1 });
    expect(await api.broker.feed.readNewest('dry-new')).toBeNull();
    expect(await api.store.revisions('dry', { limit: 9 })).toEqual([]);
  });

  it('has the spec that results, and each value that is another with what it does', async () => {
    await api.create('dry-diff', { env_vars: { A: '1', B: '1' }, starting_ports: [80] });
    const patch = { env_vars: { A: null, B: '2' }, restart_policy: 'no', containers_per: { server: 2 } };
    const asked = await preview('PATCH', '/apps/dry-diff', { json: patch });
    expect(asked.diff).toEqual([
      { pointer: '/containers_per/server', from: 1, to: 2, effect: 'no container touched' },
      { pointer: '/env_vars/A', from: '1', effect: 'replaces' },
      { pointer: '/env_vars/B', from: '1', to: '2', effect: 'replaces' },
      { pointer: '/restart_policy', from: 'always', to: 'no', effect: 'in place' },
    ]);
    expect(asked.replaced_by).toEqual(['/env_vars/A', '/env_vars/B']);
    const dry = await api.call('PATCH', '/apps/dry-diff?dry_run=true', { json: patch });
    const { preview: _preview, ...wouldBe } = dry.body as Record<string, unknown>;
    const { status, body } = await api.call('PATCH', '/apps/dry-diff', { json: patch });
    expect(body).toMatchObject({ ...asked.spec });
    expect({ status: dry.status, body: wouldBe }).toEqual({
      status,
      body: { ...(body as object), updated_at: expect.any(String) },
    });
  });

  it('shows no secret', async () => {
    const json = { docker_image: 'i', env_vars: { TOKEN: 'hunter2' }, secret_env_vars: ['TOKEN'] };
    const created = await preview('PUT', '/apps/dry-secret', { json });
    expect(created.spec?.env_vars).toEqual({ TOKEN: '***' });
    await api.call('PUT', '/apps/dry-secret', { json });
    const other = { env_vars: { TOKEN: 'hunter3' } };
    const changed = await preview('PATCH', '/apps/dry-secret', { json: other });
    expect(changed.diff).toEqual([
      { pointer: '/env_vars/TOKEN', from: '***', to: '***', effect: 'replaces' },
    ]);
    const kept = { json: { ...json, env_vars: { TOKEN: '***' } } };
    expect(await preview('PUT', '/apps/dry-secret', kept)).toMatchObject({ result: 'unchanged' });
    expect(JSON.stringify([created, changed])).not.toContain('hunter');
  });

  it.each<[object, Preview['containers']]>([
    [{ restart_policy: 'no', containers_per: { server: 3 } }, 'changed in place'],
    [{ containers_per: { server: 3 } }, 'left alone'],
    [{ running: false, docker_image: 'shop:2' }, 'removed'],
    [{ resources: { oom_score: 1 } }, 'replaced'],
    [{ resources: { cpus: 1 } }, 'changed in place'],
  ])('of %j says that containers would be %s', async (json, containers) => {
    await api.call('PUT', '/apps/dry-effect', { json: { docker_image: 'shop:1' } });
    expect(await preview('PATCH', '/apps/dry-effect', { json })).toMatchObject({ containers });
  });

  it('of an app that is stopped touches no container', async () => {
    await api.create('dry-off', { running: false });
    const json = { docker_image: 'shop:2' };
    expect(await preview('PATCH', '/apps/dry-off', { json })).toMatchObject({ containers: 'left alone' });
    expect(await preview('POST', '/apps/dry-off/start')).toMatchObject({ containers: 'made' });
  });

  it('counts the workers that run the app, by their last reports', async () => {
    await api.create('dry-fleet');
    for (const worker_id of ['a', 'b', 'c']) {
      api.broker.reports.publish(reportOf({ worker_id, app_name: 'dry-fleet' }));
    }
    await eventually(async () =>
      expect(await preview('POST', '/apps/dry-fleet/restart')).toMatchObject({
        workers: { all: 3, offline: 0 },
      }),
    );
  });

  it('has the ETag with which the change itself can be asked for', async () => {
    await api.create('dry-tag');
    const answer = await api.call('PATCH', '/apps/dry-tag?dry_run=true', { json: { running: false } });
    expect(answer.headers.get('etag')).toMatch(/^"1-[0-9a-z]+"$/);
    const headers = { 'if-match': answer.headers.get('etag') ?? '' };
    const real = await api.call('PATCH', '/apps/dry-tag?dry_run=false', {
      json: { running: false },
      headers,
    });
    expect(real).toMatchObject({ status: 200, body: { revision: 2, running: false } });
  });

  it('is refused as the call itself is', async () => {
    await api.create('dry-no');
    const refused: [string, string, RequestParts, ProblemType][] = [
      ['POST', '/apps', { json: { app_name: 'dry-no', docker_image: 'x' } }, PROBLEMS.appExists],
      ['POST', '/apps', { json: { app_name: 'dry-no2', docker_image: '' } }, PROBLEMS.invalidSpec],
      ['PATCH', '/apps/dry-no', { json: { docker_image: null } }, PROBLEMS.invalidSpec],
      ['PATCH', '/apps/dry-none', { json: {} }, PROBLEMS.appNotFound],
      ['DELETE', '/apps/dry-none', {}, PROBLEMS.appNotFound],
      ['PUT', '/apps/dry-no', { json: { docker_image: 'x' }, headers: STALE }, PROBLEMS.preconditionFailed],
      ['DELETE', '/apps/dry-no', { headers: STALE }, PROBLEMS.preconditionFailed],
      ['POST', '/apps/dry-no/restart', { headers: STALE }, PROBLEMS.preconditionFailed],
    ];
    for (const [method, path, parts, problem] of refused) {
      const real = expectProblem(await api.call(method, path, parts), problem);
      const dry = expectProblem(await api.call(method, `${path}?dry_run=true`, parts), problem);
      expect({ ...dry, instance: '' }).toEqual({ ...real, instance: '' });
    }
  });
});

describe('of every operation that changes something', () => {
  const CHANGING = ['POST', 'PUT', 'PATCH', 'DELETE'];

  /** All that is kept, but for the marks of the publisher. */
  async function kept(): Promise<object> {
    const { items } = await api.store.list({ limit: 1_000 });
    const names = items.map(({ app_name }) => app_name);
    return {
      apps: await api.stored(...names),
      revisions: await Promise.all(names.map((name) => api.store.revisions(name, { limit: 9 }))),
      tokens: await api.api.get(TokenStore).list({ limit: 1_000 }),
      workers: (await api.call('GET', '/workers')).body,
    };
  }

  it('there is a dry run that changes nothing, and says what would be', async () => {
    const document = await ApiDocument.of(api);
    const things = new Things(api);
    api.broker.reports.publish(reportOf({ app_name: 'shop-x' }));
    await eventually(async () => expect((await api.call('GET', '/workers/worker-1')).status).toBe(200));
    const changing = document.calls.filter(({ method }) => CHANGING.includes(method));
    expect(changing.length).toBeGreaterThan(15);
    for (const call of changing) {
      const { operationId, parameters = [] } = call.operation;
      const takes = parameters.some(({ name, in: place }) => name === 'dry_run' && place === 'query');
      expect({ operationId, takes }).toEqual({ operationId, takes: true });
      const [path, parts] = (await EXPECTED_ACCESS[operationId]?.request(things)) ?? [''];
      const before = await kept();
      const answer = await api.call(call.method, `${path}?dry_run=true`, parts);
      document.expectTold(call, answer);
      expect({ operationId, kept: await kept() }).toEqual({ operationId, kept: before });
      // The worker is online, so it can't be forgotten; tests of workers have one that can.
      const expected = operationId === 'forgetWorker' ? /"status":409/ : /"preview":|"dry_run":true/;
      expect({ operationId, body: JSON.stringify(answer.body) }).toEqual({
        operationId,
        body: expect.stringMatching(expected),
      });
    }
  });

  it('that of a token makes none, shows none, and is refused as the call itself is', async () => {
    const json = { name: 'dry-token', rights: 'rw', apps: ['dry-*'] };
    const made = await api.call('POST', '/tokens?dry_run=true', { json });
    expect(made).toMatchObject({
      status: 201,
      body: { token: '***', id: '***', ...json, preview: { result: 'created', token: json } },
    });
    expect((await api.call('GET', '/tokens/dry-token')).status).toBe(404);
    const wrong = await api.call('POST', '/tokens?dry_run=true', { json: { ...json, rights: 'all' } });
    expectProblem(wrong, PROBLEMS.invalidToken);
    expectProblem(await api.call('DELETE', '/tokens/dry-token?dry_run=true'), PROBLEMS.tokenNotFound);
    await api.call('POST', '/tokens', { json });
    expectProblem(await api.call('POST', '/tokens?dry_run=true', { json }), PROBLEMS.tokenExists);
    const revoked = await api.call('DELETE', '/tokens/dry-token?dry_run=true');
    expect(revoked).toMatchObject({
      status: 200,
      body: { preview: { result: 'revoked', token: { ...json, last_used_at: null } } },
    });
    expect((await api.call('GET', '/tokens/dry-token')).status).toBe(200);
  });
});

describe('a reason', () => {
  it('is kept with who changed it', async () => {
    await api.create('why');
    await api.call(
      'POST',
      '/apps/why/restart?reason=%20it%20was%20slow%2C%20gr%C3%BC%C3%9Fe%20%F0%9F%91%A9%E2%80%8D%F0%9F%94%A7%20',
    );
    expect(await api.stored('why')).toMatchObject([
      { change: 'restarted', changed_by: 'anyone', reason: 'it was slow, grüße 👩‍🔧' },
    ]);
    await api.call('POST', '/apps/why/stop');
    expect(await api.stored('why')).toMatchObject([{ change: 'stopped', reason: null }]);
  });

  it.each(['', '%20', 'a%0Ab', 'a%00', 'a%1B%5B31m', 'a%E2%80%AEb', 'a%E2%80%A8b', 'x'.repeat(501)])(
    '%j is refused',
    async (reason) => {
      await api.call('PUT', '/apps/why-not', { json: { docker_image: 'shop:1' } });
      const answer = await api.call('POST', `/apps/why-not/restart?reason=${reason}`);
      const problem = expectProblem(answer, PROBLEMS.invalidQuery);
      expect(places(problem)).toEqual([expect.stringMatching(/^reason must /)]);
      expect(await api.stored('why-not')).toMatchObject([{ revision: 1 }]);
    },
  );

  it('that is no UTF-8 harms nobody', async () => {
    await api.create('why-bytes');
    expect((await api.call('POST', '/apps/why-bytes/restart?reason=%FF')).status).toBeLessThan(500);
  });
});

it('a dry run is asked for by true or false', async () => {
  await api.create('dry-word');
  for (const word of ['1', 'TRUE', '']) {
    const answer = await api.call('DELETE', `/apps/dry-word?dry_run=${word}`);
    expect(places(expectProblem(answer, PROBLEMS.invalidQuery))).toEqual(['dry_run must be true or false']);
  }
  expect((await api.call('GET', '/apps/dry-word')).status).toBe(200);
});

it("a dry run of an app whose name was another's goes on from there, as the call does", async () => {
  await api.store.raiseHighestPurged(4);
  await api.create('dry-again');
  await api.call('DELETE', '/apps/dry-again');
  const json = { docker_image: 'shop:2' };
  for (const [app, revision] of [
    ['dry-purged', 5],
    ['dry-again', 7],
  ] as const) {
    expect(await api.call('PUT', `/apps/${app}?dry_run=true`, { json })).toMatchObject({
      body: { revision },
    });
    expect(await api.call('PUT', `/apps/${app}`, { json })).toMatchObject({
      status: 201,
      body: { revision },
    });
  }
});
