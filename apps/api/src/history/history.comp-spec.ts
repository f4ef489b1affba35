import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ADMIN, LOGIN, makeToken } from '../access/testing/logins.js';
import { PROBLEMS } from '../http/problem-types.js';
import { ApiUnderTest, type HttpAnswer } from '../testing/api-under-test.js';
import { eventually } from '../testing/eventually.js';
import { expectProblem, places } from '../testing/expect-problem.js';

/** Until the history of an app that was changed is cut. */
const CUT_LIMIT_MS = 20_000;

let api: ApiUnderTest;
beforeAll(async () => {
  api = await ApiUnderTest.start({ login: LOGIN, history_limit: 6 });
  api.authorization = ADMIN;
});
afterAll(async () => {
  await api.stop();
});

async function patch(app: string, json: object, query = ''): Promise<HttpAnswer> {
  const answer = await api.call('PATCH', `/apps/${app}${query}`, { json });
  expect(answer.status).toBe(200);
  return answer;
}

async function body<T>(path: string): Promise<T> {
  const answer = await api.call('GET', path);
  expect({ path, status: answer.status }).toEqual({ path, status: 200 });
  return answer.body as T;
}

interface Spec {
  app_name: string;
  env_vars: Record<string, string>;
  secret_env_vars: string[];
}

/** The spec, as the history answers it, that an app had when TOKEN was readable; it became a secret, and was removed. */
async function withRemovedSecret(app: string): Promise<Spec> {
  await api.create(app, { env_vars: { A: '1', TOKEN: 'was-plain' } });
  const { revision } = (await api.store.get(app)) ?? {};
  await patch(app, { secret_env_vars: ['TOKEN'] });
  await patch(app, { env_vars: { TOKEN: null }, secret_env_vars: [] });
  return (await body<{ spec: Spec }>(`/apps/${app}/revisions/${revision}`)).spec;
}

interface Page {
  items: { revision: number; change: string }[];
  next_cursor: string | null;
}

describe('the history of an app', () => {
  it('has who did what, when and why, the newest first, and outlives the app', async () => {
    await api.create('shop');
    await patch('shop', { docker_image: 'shop:2' }, '?reason=new%20logo');
    api.authorization = await makeToken(api, { name: 'deploy', rights: 'rw' });
    await api.call('POST', '/apps/shop/restart');
    await api.call('POST', '/apps/shop/stop');
    await api.call('DELETE', '/apps/shop?reason=closed');
    api.authorization = ADMIN;
    const { items, next_cursor } = await body<Page>('/apps/shop/revisions');
    const changed_at = expect.stringMatching(/^\d{4}-.*Z$/);
    const by = { admin: { changed_by: 'admin' }, deploy: { changed_by: 'token:deploy' } };
    expect(items).toEqual([
      { revision: 5, change: 'deleted', reason: 'closed', changed_at, deleted: true, ...by.deploy },
      { revision: 4, change: 'stopped', reason: null, changed_at, deleted: false, ...by.deploy },
      { revision: 3, change: 'restarted', reason: null, changed_at, deleted: false, ...by.deploy },
      { revision: 2, change: 'changed', reason: 'new logo', changed_at, deleted: false, ...by.admin },
      { revision: 1, change: 'created', reason: null, changed_at, deleted: false, ...by.admin },
    ]);
    expect(next_cursor).toBeNull();
    expect(await body('/apps/shop/revisions/2')).toEqual({
      ...items[3],
      spec: expect.objectContaining({ app_name: 'shop', docker_image: 'shop:2', running: true }),
    });
    expect(await body('/apps/shop/revisions/5')).toMatchObject({ deleted: true, spec: null });
  });

  it('comes page by page, also while the app is changed', async () => {
    await api.create('paged');
    for (const server of [2, 3, 4]) await patch('paged', { containers_per: { server } });
    const found: number[] = [];
    for (let cursor = ''; ; ) {
      const page = await body<Page>(`/apps/paged/revisions?limit=1${cursor}`);
      found.push(...page.items.map(({ revision }) => revision));
      if (found.length === 2) await patch('paged', { running: false });
      if (page.next_cursor === null) break;
      cursor = `&cursor=${page.next_cursor}`;
    }
    expect(found).toEqual([4, 3, 2, 1]);
    const answer = await api.call('GET', '/apps/paged/revisions?cursor=x');
    expect(places(expectProblem(answer, PROBLEMS.invalidQuery))).toEqual([expect.stringMatching(/^cursor /)]);
  });

  it('has as many revisions as are configured', async () => {
    await api.create('many');
    for (let server = 2; server <= 9; server += 1) await patch('many', { containers_per: { server } });
    await eventually(async () => {
      const { items } = await body<Page>('/apps/many/revisions');
      expect(items.map(({ revision }) => revision)).toEqual([9, 8, 7, 6, 5, 4]);
    }, CUT_LIMIT_MS);
    for (const path of ['revisions/3', 'diff?from=3']) {
      expectProblem(await api.call('GET', `/apps/many/${path}`), PROBLEMS.revisionNotFound);
    }
    const oldest = expectProblem(await api.call('GET', '/apps/many/diff?to=4'), PROBLEMS.revisionNotFound);
    expect(oldest.detail).toBe('No revision of many before 4 is kept, so nothing can be compared with it.');
  });

  it.each(['0', '-1', '1.5', 'x', '99', '01', '%00', '9'.repeat(30)])(
    'has no revision %s',
    async (number) => {
      await api.call('PUT', '/apps/numbers', { json: { docker_image: 'shop:1' } });
      expectProblem(await api.call('GET', `/apps/numbers/revisions/${number}`), PROBLEMS.revisionNotFound);
      expectProblem(await api.call('GET', `/apps/none/revisions/${number}`), PROBLEMS.appNotFound);
    },
  );
});

describe('a comparison', () => {
  it('is of the last two revisions, or of any two', async () => {
    await api.create('diff', { volumes: ['/a:/a'] });
    await patch('diff', { env_vars: { A: '1' } });
    await patch('diff', { env_vars: { A: '2' }, volumes: ['/b:/b', '/a:/a'] });
    const A = { pointer: '/env_vars/A', effect: 'replaces' };
    const volume = { pointer: '/volumes/0', effect: 'replaces' };
    expect(await body('/apps/diff/diff')).toEqual({
      ...{ app_name: 'diff', from: 2, to: 3 },
      changes: [
        { ...A, from: '1', to: '2' },
        { ...volume, to: '/b:/b' },
      ],
    });
    expect(await body('/apps/diff/diff?from=3&to=1')).toMatchObject({
      changes: [
        { ...A, from: '2' },
        { ...volume, from: '/b:/b' },
      ],
    });
    expect(await body('/apps/diff/diff?from=2&to=2')).toMatchObject({ changes: [] });
    expect(await body('/apps/diff/diff?to=1')).toMatchObject({
      from: null,
      changes: [{ pointer: '/app_name' }, { pointer: '/docker_image' }, { pointer: '/volumes/0' }],
    });
  });
});

describe('a rollback', () => {
  it('to a revision that the limit has cut is refused as one that is gone', async () => {
    await api.create('cut');
    for (let step = 2; step <= 8; step += 1) await patch('cut', { docker_image: `shop:${step}` });
    await eventually(async () => {
      const { items } = await body<Page>('/apps/cut/revisions');
      expect(items.map(({ revision }) => revision)).toEqual([8, 7, 6, 5, 4, 3]);
    }, CUT_LIMIT_MS);
    for (const to of [1, 2]) {
      const answer = await api.call('POST', '/apps/cut/rollback', { json: { to } });
      expectProblem(answer, PROBLEMS.revisionNotFound);
    }
    expect(await body('/apps/cut')).toMatchObject({ revision: 8, docker_image: 'shop:8' });
    expect(await api.call('POST', '/apps/cut/rollback', { json: { to: 3 } })).toMatchObject({
      status: 200,
      body: { revision: 9, docker_image: 'shop:3' },
    });
  });

  it('is a new revision with the old spec, told to workers, and keeps the tokens', async () => {
    await api.create('back', { env_vars: { A: '1' } });
    await api.call('POST', '/apps/back/restart');
    await patch('back', { docker_image: 'shop:2', env_vars: { B: '1' } });
    const answer = await api.call('POST', '/apps/back/rollback?reason=broken', { json: { to: 1 } });
    expect(answer).toMatchObject({
      status: 200,
      body: { revision: 4, docker_image: 'shop:1', env_vars: { A: '1' } },
    });
    expect(answer.headers.get('etag')).toMatch(/^"4-[0-9a-z]+"$/);
    expect(await api.stored('back')).toMatchObject([
      { change: 'rolled back', reason: 'broken', tokens: { restart: 2 } },
    ]);
    await eventually(async () =>
      expect(await api.broker.feed.readNewest('back')).toMatchObject({ revision: 4 }),
    );
    const again = await api.call('POST', '/apps/back/rollback', { json: { to: 4 } });
    expect(again).toMatchObject({ status: 200, body: { revision: 4 } });
  });

  it('can be looked at before', async () => {
    await api.create('back-dry');
    await patch('back-dry', { docker_image: 'shop:2' });
    const dry = await api.call('POST', '/apps/back-dry/rollback?dry_run=true', { json: { to: 1 } });
    expect(dry.body).toMatchObject({
      docker_image: 'shop:1',
      preview: { result: 'rolled back', containers: 'replaced', replaced_by: ['/docker_image'] },
    });
    expect(await body('/apps/back-dry')).toMatchObject({ revision: 2, docker_image: 'shop:2' });
  });

  it('is refused for what is not there, and by the conditions of other changes', async () => {
    await api.create('back-no');
    const refused = async (json: unknown, headers = {}, app = 'back-no') =>
      await api.call('POST', `/apps/${app}/rollback`, { json, headers });
    expectProblem(await refused({ to: 2 }), PROBLEMS.revisionNotFound);
    expectProblem(await refused({ to: 1 }, {}, 'back-none'), PROBLEMS.appNotFound);
    expectProblem(await refused({ to: 1 }, { 'if-match': '"9"' }), PROBLEMS.preconditionFailed);
    for (const json of [{}, [], null, { to: '1' }, { to: 0 }, { to: 1.5 }, { to: 1, x: 1 }, 1]) {
      expect(places(expectProblem(await refused(json), PROBLEMS.invalidRollback))).toEqual([
        expect.stringMatching(/^\/to must be the revision/),
      ]);
    }
    await api.call('DELETE', '/apps/back-no');
    expectProblem(await refused({ to: 1 }), PROBLEMS.appNotFound);
    await api.create('back-no');
    const deletion = expectProblem(await refused({ to: 2 }), PROBLEMS.invalidRollback);
    expect(deletion.detail).toContain('deleted back-no');
    expect((await refused({ to: 1 })).status).toBe(200);
  });

  it("is refused where today's rules refuse the spec", async () => {
    await api.create('back-rules');
    const [record] = await api.stored('back-rules');
    const old = record as { spec: object };
    const spec = { ...old.spec, starting_ports: [70_000] };
    await api.store.replace({ ...old, published: {}, spec, revision: 2 } as never, 1);
    await patch('back-rules', { starting_ports: [80] });
    const answer = await api.call('POST', '/apps/back-rules/rollback', { json: { to: 2 } });
    expect(places(expectProblem(answer, PROBLEMS.invalidSpec))).toEqual([
      expect.stringMatching(/^\/starting_ports\/0 /),
    ]);
    expect(await body('/apps/back-rules')).toMatchObject({ revision: 3 });
  });
});

describe('a secret', () => {
  it('is masked in every revision, told of as changed, and restored by a rollback', async () => {
    await api.create('vault', { env_vars: { TOKEN: 'first-value' }, secret_env_vars: ['TOKEN'] });
    await patch('vault', { env_vars: { TOKEN: 'second-value' } });
    const revision = await body('/apps/vault/revisions/1');
    expect(revision).toMatchObject({ spec: { env_vars: { TOKEN: '***' } } });
    const diff = await body('/apps/vault/diff');
    expect(diff).toMatchObject({ changes: [{ pointer: '/env_vars/TOKEN', from: '***', to: '***' }] });
    const back = await api.call('POST', '/apps/vault/rollback', { json: { to: 1 } });
    expect(back).toMatchObject({ status: 200, body: { revision: 3, env_vars: { TOKEN: '***' } } });
    expect((await api.store.get('vault'))?.spec?.env_vars).toEqual({ TOKEN: 'first-value' });
    expect(JSON.stringify([revision, diff, back.body])).not.toMatch(/first-value|second-value/);
  });

  it('that was none before is masked there too, and does not become readable by going back', async () => {
    await api.create('became', { env_vars: { TOKEN: 'was-plain' } });
    await patch('became', { secret_env_vars: ['TOKEN'] });
    expect(await body('/apps/became/revisions/1')).toMatchObject({
      spec: { env_vars: { TOKEN: '***' }, secret_env_vars: ['TOKEN'] },
    });
    const back = async () => await api.call('POST', '/apps/became/rollback', { json: { to: 1 } });
    const expectRefused = async () =>
      expect(places(expectProblem(await back(), PROBLEMS.invalidSpec))).toEqual([
        expect.stringMatching(/^\/env_vars\/TOKEN would become readable/),
      ]);
    await expectRefused();
    // Nor when the app has another value since, or none.
    await patch('became', { env_vars: { TOKEN: 'another-value' } });
    await expectRefused();
    await patch('became', { env_vars: { TOKEN: null }, secret_env_vars: [] });
    await expectRefused();
    expect((await api.store.get('became'))?.spec?.env_vars).toEqual({});
  });

  it('that was another value before can be gone back to', async () => {
    await api.create('other', { env_vars: { TOKEN: 'a-mere-setting' } });
    await patch('other', { env_vars: { TOKEN: 'now-secret' }, secret_env_vars: ['TOKEN'] });
    const back = await api.call('POST', '/apps/other/rollback', { json: { to: 1 } });
    expect(back).toMatchObject({ status: 200, body: { env_vars: { TOKEN: 'a-mere-setting' } } });
  });

  it('that was none before stays masked there when its variable is gone, or the app', async () => {
    await api.create('gone', { env_vars: { A: '1', TOKEN: 'was-plain' } });
    await patch('gone', { secret_env_vars: ['TOKEN'] });
    const before = await body('/apps/gone/diff?to=1');
    const look = async () => ({
      first: await body('/apps/gone/revisions/1'),
      diffs: [await body('/apps/gone/diff?to=1'), await body('/apps/gone/diff?from=1')],
    });
    await patch('gone', { env_vars: { TOKEN: null }, secret_env_vars: [] });
    const answers = [before, await look()];
    await api.call('DELETE', '/apps/gone');
    const { first } = await look();
    expect(first).toMatchObject({ spec: { env_vars: { A: '1', TOKEN: '***' }, secret_env_vars: ['TOKEN'] } });
    expect(JSON.stringify([...answers, await look()])).not.toContain('was-plain');
  });

  it.each<[string, (app: string, spec: Spec) => Promise<HttpAnswer>, string]>([
    ['put', (app, spec) => api.call('PUT', `/apps/${app}`, { json: spec }), ''],
    ['created', (_app, spec) => api.call('POST', '/apps', { json: spec }), ''],
    ['applied', (_app, spec) => api.call('POST', '/apply', { json: { apps: [spec] } }), '/apps/0'],
  ])(
    'that was none before is asked for when the app is gone and what it was is %s',
    async (word, send, at) => {
      const app = `gone-${word}`;
      const spec = await withRemovedSecret(app);
      await api.call('DELETE', `/apps/${app}`);
      expect(places(expectProblem(await send(app, spec), PROBLEMS.invalidSpec))).toEqual([
        expect.stringMatching(new RegExp(`^${at}/env_vars/TOKEN must be a value`)),
      ]);
      expect(await api.store.get(app)).toMatchObject({ deleted: true });
      const again = { ...spec, env_vars: { A: '1', TOKEN: 'new-value' } };
      expect((await api.call('PUT', `/apps/${app}`, { json: again })).status).toBe(201);
      expect((await api.store.get(app))?.spec?.env_vars).toEqual({ A: '1', TOKEN: 'new-value' });
    },
  );

  it.each(['PUT', 'PATCH'])('that was none before is asked for when %s gives a spec back', async (method) => {
    const app = `back-${method.toLowerCase()}`;
    const spec = await withRemovedSecret(app);
    const answer = await api.call(method, `/apps/${app}`, { json: spec });
    expect(places(expectProblem(answer, PROBLEMS.invalidSpec))).toEqual([
      expect.stringMatching(/^\/env_vars\/TOKEN must be a value/),
    ]);
    expect((await api.store.get(app))?.spec?.env_vars).toEqual({ A: '1' });
  });
});
