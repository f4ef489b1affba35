import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { specDefaults } from '@nebula/contracts';
import { PROBLEMS } from '../http/problem-types.js';
import { ApiUnderTest } from '../testing/api-under-test.js';
import { eventually } from '../testing/eventually.js';
import { expectProblem, places } from '../testing/expect-problem.js';
import { SETTINGS } from './testing/settings.js';

let api: ApiUnderTest;
beforeAll(async () => {
  api = await ApiUnderTest.start();
});
afterAll(async () => {
  await api.stop();
});

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const DEFAULTS = specDefaults();
const NEW = { revision: 1, created_at: expect.stringMatching(INSTANT), updated_at: expect.any(String) };

async function get(app: string): Promise<Record<string, unknown>> {
  const { status, body } = await api.call('GET', `/apps/${app}`);
  expect(status).toBe(200);
  return body as Record<string, unknown>;
}

/** Resolves when workers can see this revision of an app. */
async function published(app: string, revision: number): Promise<void> {
  await eventually(async () => expect(await api.broker.feed.readNewest(app)).toMatchObject({ revision }));
}

describe('POST /apps', () => {
  it('creates an app with every default filled in, and tells workers', async () => {
    const json = { app_name: 'post-new', docker_image: 'shop:1', env_vars: { A: 'b' } };
    const { status, headers, body } = await api.call('POST', '/apps', { json });
    expect(status).toBe(201);
    expect(headers.get('location')).toBe('/api/v3/apps/post-new');
    expect(headers.get('etag')).toMatch(/^"1-[0-9a-z]+"$/);
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(body).toEqual({ ...DEFAULTS, ...json, ...NEW });
    expect((body as { created_at: string; updated_at: string }).updated_at).toBe(
      (body as { created_at: string }).created_at,
    );
    expect(await get('post-new')).toEqual(body);
    await published('post-new', 1);
  });

  it('leads by its location to the app', async () => {
    const { headers, body } = await api.create('post.a_b-C');
    const location = headers.get('location') ?? '';
    expect((await api.call('GET', `/${location}`)).body).toEqual(body);
  });

  it('refuses a name that is taken, and changes nothing', async () => {
    await api.create('post-taken');
    const before = await api.stored('post-taken');
    const json = { app_name: 'post-taken', docker_image: 'other:2' };
    const problem = expectProblem(await api.call('POST', '/apps', { json }), PROBLEMS.appExists);
    expect(problem.detail).toContain('"post-taken"');
    expect(places(problem)).toEqual(['/app_name is taken']);
    expect(await api.stored('post-taken')).toEqual(before);
  });

  it('keeps every field as it was given', async () => {
    const env_vars = { EMPTY: '', LINES: 'a\nb', WORDS: 'ünïcode ✓', TOKEN: 'hunter2' };
    const spec = {
      docker_image: 'registry.example:5000/team/shop:1',
      starting_ports: [80, '81', { '90': '8080' }],
      containers_per: { memory: 512 },
      env_vars,
      secret_env_vars: ['TOKEN'],
      running: false,
      networks: ['backend', 'front'],
      volumes: ['/srv:/data:ro', 'named:/cache'],
      devices: ['/dev/ttyUSB0:/dev/ttyUSB0:rw'],
      // Of a privileged container no capability can be dropped.
      privileged: false,
      command: ['serve', '--port', '80', ''],
      ...SETTINGS,
    };
    expect(Object.keys(spec).sort()).toEqual([...Object.keys(DEFAULTS), 'docker_image'].sort());
    await api.create('post-whole', spec);
    const masked = { ...spec, env_vars: { ...env_vars, TOKEN: '***' } };
    expect(await get('post-whole')).toEqual({ app_name: 'post-whole', ...masked, ...NEW });
    expect(await api.store.get('post-whole')).toMatchObject({ spec });
  });
});

describe('GET /apps/{app}', () => {
  it('answers the app with its ETag, and HEAD the same without a body', async () => {
    const { body } = await api.create('get-one');
    const answer = await api.call('GET', '/apps/get-one');
    expect(answer).toMatchObject({ status: 200, body });
    expect(answer.headers.get('etag')).toMatch(/^"1-[0-9a-z]+"$/);
    expect(answer.headers.get('cache-control')).toBe('no-cache');
    const head = await api.call('HEAD', '/apps/get-one');
    expect(head).toMatchObject({ status: 200, body: undefined });
    expect(head.headers.get('etag')).toMatch(/^"1-[0-9a-z]+"$/);
  });

  it.each(['no-such-app', '-', 'a%2Fb', 'a%00b', '%F0%9F%98%80', 'x'.repeat(64), 'constructor', '__proto__'])(
    'knows no app %s',
    async (name) => {
      const problem = expectProblem(await api.call('GET', `/apps/${name}`), PROBLEMS.appNotFound);
      expect(problem.detail).toContain(JSON.stringify(decodeURIComponent(name)));
    },
  );

  it('shortens a long name in its answer', async () => {
    const problem = expectProblem(await api.call('GET', `/apps/${'x'.repeat(10_000)}`), PROBLEMS.appNotFound);
    expect(problem.detail.length).toBeLessThan(200);
  });
});

describe('PUT /apps/{app}', () => {
  it('creates an app that is missing', async () => {
    const answer = await api.call('PUT', '/apps/put-new', { json: { docker_image: 'shop:1' } });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe('/api/v3/apps/put-new');
    expect(answer.headers.get('etag')).toMatch(/^"1-[0-9a-z]+"$/);
    expect(answer.body).toEqual({ ...DEFAULTS, app_name: 'put-new', docker_image: 'shop:1', ...NEW });
    await published('put-new', 1);
  });

  it('replaces the whole spec: what is left out has its default again', async () => {
    await api.create('put-old', { env_vars: { A: 'b' }, networks: ['x'], containers_per: { cpu: 2 } });
    const before = await get('put-old');
    const json = { app_name: 'put-old', docker_image: 'shop:2' };
    const answer = await api.call('PUT', '/apps/put-old', { json });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('location')).toBeNull();
    expect(answer.headers.get('etag')).toMatch(/^"2-[0-9a-z]+"$/);
    expect(answer.body).toEqual({
      ...{ ...DEFAULTS, ...json, revision: 2, created_at: before['created_at'] },
      updated_at: expect.stringMatching(INSTANT),
    });
    await published('put-old', 2);
  });

  it('of the same spec makes no revision', async () => {
    await api.create('put-same', { env_vars: { A: '1', B: '2' } });
    const before = await get('put-same');
    const json = { env_vars: { B: '2', A: '1' }, docker_image: 'shop:1', running: true };
    const answer = await api.call('PUT', '/apps/put-same', { json });
    expect(answer).toMatchObject({ status: 200, body: before });
    expect(answer.headers.get('etag')).toMatch(/^"1-[0-9a-z]+"$/);
    expect(await get('put-same')).toEqual(before);
  });

  it.each(['other', null, 5])('refuses the name %j in the body', async (app_name) => {
    const path = '/apps/put-name';
    const answer = await api.call('PUT', path, { json: { app_name, docker_image: 'shop:1' } });
    expect(places(expectProblem(answer, PROBLEMS.invalidSpec))).toEqual([
      '/app_name must be "put-name", the name in the path: an app can\'t be renamed',
    ]);
    expect(await api.stored('put-name', 'other')).toEqual([null, null]);
  });

  it('refuses a name in the path that no app can have, and lists what else is wrong', async () => {
    const name =
      '/app_name must be 1 to 63 letters (a-z, A-Z), digits, "_", "." and "-", beginning with a letter or digit';
    for (const json of [{ app_name: '-bad', docker_image: 'A' }, { docker_image: 'A' }]) {
      const problem = expectProblem(await api.call('PUT', '/apps/-bad', { json }), PROBLEMS.invalidSpec);
      expect(places(problem)).toEqual([name, expect.stringMatching(/^\/docker_image must be an image/)]);
      expect(problem.errors?.[0]?.value).toBe('-bad');
    }
  });
});

describe('PATCH /apps/{app}', () => {
  it.each([
    'application/json',
    'application/merge-patch+json',
    'Application/Merge-Patch+JSON; charset=utf-8',
  ])('merges what is sent as %s', async (type) => {
    const name = `patch-${type.length}`;
    await api.create(name, { env_vars: { KEPT: '1', CHANGED: '1', GONE: '1' }, networks: ['a', 'b'] });
    const patch = { env_vars: { CHANGED: '2', GONE: null, NEW: '3' }, networks: ['c'] };
    const answer = await api.call('PATCH', `/apps/${name}`, {
      body: JSON.stringify(patch),
      headers: { 'content-type': type },
    });
    expect(answer).toMatchObject({ status: 200, body: { revision: 2, networks: ['c'], running: true } });
    expect((answer.body as { env_vars: unknown }).env_vars).toEqual({ KEPT: '1', CHANGED: '2', NEW: '3' });
    expect(answer.headers.get('etag')).toMatch(/^"2-[0-9a-z]+"$/);
    expect(await get(name)).toEqual(answer.body);
    await published(name, 2);
  });

  it('takes a field away, which has its default again', async () => {
    await api.create('patch-null', { command: ['a'], containers_per: { server: 3 }, env_vars: { A: '1' } });
    const json = { command: null, containers_per: null, env_vars: null };
    const { body } = await api.call('PATCH', '/apps/patch-null', { json });
    expect(body).toEqual({
      ...{ ...DEFAULTS, app_name: 'patch-null', docker_image: 'shop:1', revision: 2 },
      created_at: expect.stringMatching(INSTANT),
      updated_at: expect.stringMatching(INSTANT),
    });
  });

  it('goes from one measure to another by taking the old one away', async () => {
    await api.create('patch-per', { containers_per: { server: 3 } });
    const both = await api.call('PATCH', '/apps/patch-per', { json: { containers_per: { cpu: 2 } } });
    expect(places(expectProblem(both, PROBLEMS.invalidSpec))).toEqual([
      expect.stringMatching(
        /^\/containers_per must be .*, not one with 2 keys; .* beside "cpu" it has to say "server": null$/,
      ),
    ]);
    const json = { containers_per: { server: null, cpu: 2 } };
    const answer = await api.call('PATCH', '/apps/patch-per', { json });
    expect(answer).toMatchObject({ status: 200, body: { revision: 2 } });
    expect((await get('patch-per'))['containers_per']).toEqual({ cpu: 2 });
  });

  it.each([
    {},
    { env_vars: {} },
    { env_vars: { A: '1' } },
    { env_vars: { MISSING: null } },
    { running: true },
  ])('makes no revision of %j, which changes nothing', async (json) => {
    await api.call('PUT', '/apps/patch-nothing', { json: { docker_image: 'shop:1', env_vars: { A: '1' } } });
    const before = await get('patch-nothing');
    const answer = await api.call('PATCH', '/apps/patch-nothing', { json });
    expect(answer).toMatchObject({ status: 200, body: before });
    expect(answer.headers.get('etag')).toMatch(/^"1-[0-9a-z]+"$/);
    expect(await get('patch-nothing')).toEqual(before);
  });

  it('validates the result as a whole, and changes nothing when it is wrong', async () => {
    await api.create('patch-whole', { starting_ports: [80], containers_per: { server: 2 } });
    const before = await api.stored('patch-whole');
    const patches: [object, string][] = [
      [{ starting_ports: [80, 81] }, '/starting_ports/1'],
      [{ networks: ['host'] }, '/starting_ports'],
      [{ docker_image: null }, '/docker_image'],
      [{ app_name: 'other' }, '/app_name'],
      [{ app_name: null }, '/app_name'],
    ];
    for (const [json, pointer] of patches) {
      const problem = expectProblem(
        await api.call('PATCH', '/apps/patch-whole', { json }),
        PROBLEMS.invalidSpec,
      );
      expect(problem.errors?.map((place) => place.pointer)).toEqual([pointer]);
      expect(await api.stored('patch-whole')).toEqual(before);
    }
  });

  it.each([null, [], 'text', 5, true])('takes no %j for a patch', async (json) => {
    await api.call('PUT', '/apps/patch-kind', { json: { docker_image: 'shop:1' } });
    const answer = await api.call('PATCH', '/apps/patch-kind', { json });
    expect(places(expectProblem(answer, PROBLEMS.invalidSpec))).toEqual([
      expect.stringMatching(/^ must be a JSON object, not /),
    ]);
    expect(await get('patch-kind')).toMatchObject({ revision: 1 });
  });

  it('knows no app that was never created', async () => {
    expectProblem(await api.call('PATCH', '/apps/patch-never', { json: {} }), PROBLEMS.appNotFound);
    expect(await api.stored('patch-never')).toEqual([null]);
  });
});

describe('DELETE /apps/{app}', () => {
  it('leaves a tombstone for workers, and no app', async () => {
    await api.create('delete-one');
    const answer = await api.call('DELETE', '/apps/delete-one');
    expect(answer).toMatchObject({ status: 202, body: { app_name: 'delete-one', revision: 2 } });
    expect(answer.headers.get('etag')).toBeNull();
    await eventually(async () =>
      expect(await api.broker.feed.readNewest('delete-one')).toMatchObject({ deleted: true, revision: 2 }),
    );
    expectProblem(await api.call('GET', '/apps/delete-one'), PROBLEMS.appNotFound);
    expectProblem(await api.call('PATCH', '/apps/delete-one', { json: {} }), PROBLEMS.appNotFound);
    expectProblem(await api.call('POST', '/apps/delete-one/start'), PROBLEMS.appNotFound);
    expectProblem(await api.call('DELETE', '/apps/delete-one'), PROBLEMS.appNotFound);
    expect(await api.stored('delete-one')).toMatchObject([{ revision: 2 }]);
  });

  it.each([
    ['POST', '/apps'],
    ['PUT', '/apps/delete-again-PUT'],
  ])('frees the name for %s at once, whose revision and tokens go on', async (method, path) => {
    const name = `delete-again-${method}`;
    const first = await api.create(name, { env_vars: { OLD: '1' } });
    await api.call('POST', `/apps/${name}/restart`);
    await api.call('DELETE', `/apps/${name}`);
    const json = { app_name: name, docker_image: 'shop:2' };
    const answer = await api.call(method, path, { json });
    expect(answer).toMatchObject({
      status: 201,
      body: { revision: 4, docker_image: 'shop:2' },
    });
    expect((await get(name))['env_vars']).toEqual({});
    expect(answer.headers.get('etag')).toMatch(/^"4-[0-9a-z]+"$/);
    const { created_at } = answer.body as { created_at: string };
    expect(created_at >= (first.body as { created_at: string }).created_at).toBe(true);
    expect(await api.stored(name)).toMatchObject([{ tokens: { restart: 2, release: 0 }, deleted: false }]);
    await published(name, 4);
  });

  it('knows no app that was never created', async () => {
    expectProblem(await api.call('DELETE', '/apps/delete-never'), PROBLEMS.appNotFound);
    expect(await api.stored('delete-never')).toEqual([null]);
  });
});
