import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ADMIN, LOGIN, makeToken } from '../access/testing/logins.js';
import { SETTINGS } from '../apps/testing/settings.js';
import { PROBLEMS } from '../http/problem-types.js';
import { StoreUnavailableError } from '../store/app-store.js';
import { ApiUnderTest, type HttpAnswer } from '../testing/api-under-test.js';
import { expectProblem, places } from '../testing/expect-problem.js';
import { FaultyStore } from '../testing/faulty-store.js';
import type { AppliedApp } from './apply.service.js';

let api: ApiUnderTest;
beforeAll(async () => {
  api = await ApiUnderTest.start({ login: LOGIN });
  api.authorization = ADMIN;
});
afterAll(async () => {
  await api.stop();
});

const YAML = { 'content-type': 'application/yaml' };

async function apply(apps: object[], query = ''): Promise<AppliedApp[]> {
  return itemsOf(await api.call('POST', `/apply${query}`, { json: { apps } }));
}

function itemsOf({ status, body }: HttpAnswer): AppliedApp[] {
  expect({ status, body }).toMatchObject({ status: 200 });
  return (body as { items: AppliedApp[] }).items;
}

const results = (items: AppliedApp[]) => items.map(({ app_name, result }) => `${app_name} ${result}`);
const app = (app_name: string, more: object = {}) => ({ app_name, docker_image: 'shop:1', ...more });

describe('a document', () => {
  it('creates and changes what differs, and leaves the rest alone', async () => {
    await api.create('doc-same', { env_vars: { A: '1' } });
    await api.create('doc-changed');
    await api.create('doc-other');
    const document = [
      app('doc-new'),
      app('doc-same', { env_vars: { A: '1' } }),
      app('doc-changed', { running: false }),
    ];
    const items = await apply(document, '?reason=sync');
    expect(items).toEqual([
      { app_name: 'doc-new', result: 'created', revision: 1, problem: null },
      { app_name: 'doc-same', result: 'unchanged', revision: 1, problem: null },
      { app_name: 'doc-changed', result: 'changed', revision: 2, problem: null },
    ]);
    expect(await api.stored('doc-new', 'doc-same', 'doc-changed', 'doc-other')).toMatchObject([
      { change: 'created', reason: 'sync', changed_by: 'admin' },
      { revision: 1, reason: null },
      { change: 'changed', reason: 'sync', spec: { running: false } },
      { revision: 1 },
    ]);
    expect(results(await apply(document))).toEqual(
      ['doc-new', 'doc-same', 'doc-changed'].map((name) => `${name} unchanged`),
    );
  });

  it('is looked at without a change by a dry run', async () => {
    await api.create('look-old');
    const items = await apply(
      [app('look-new'), app('look-old', { docker_image: 'shop:2' })],
      '?dry_run=true',
    );
    expect(items).toMatchObject([
      { result: 'created', revision: null, preview: { containers: 'made' } },
      {
        result: 'changed',
        revision: null,
        preview: { containers: 'replaced', replaced_by: ['/docker_image'] },
      },
    ]);
    expect(await api.stored('look-new', 'look-old')).toMatchObject([null, { revision: 1 }]);
  });

  it('of which any spec is wrong is refused whole, with every place', async () => {
    const wrong = [app('whole-1'), app('whole-2', { runing: true }), app('-'), app('whole-1'), 5];
    const answer = await api.call('POST', '/apply', { json: { apps: wrong } });
    expect(places(expectProblem(answer, PROBLEMS.invalidSpec))).toEqual([
      expect.stringMatching(/^\/apps\/1\/runing is not a known field/),
      expect.stringMatching(/^\/apps\/2\/app_name must be/),
      '/apps/3/app_name must be in the document once; item 0 is "whole-1" too',
      expect.stringMatching(/^\/apps\/4 must be a JSON object/),
    ]);
    expect(await api.stored('whole-1', 'whole-2')).toEqual([null, null]);
    const secret = app('whole-2', { env_vars: { T: '***' }, secret_env_vars: ['T'] });
    const masked = await api.call('POST', '/apply', { json: { apps: [app('whole-1'), secret] } });
    expect(places(expectProblem(masked, PROBLEMS.invalidSpec))).toEqual([
      expect.stringMatching(/^\/apps\/1\/env_vars\/T must be a value/),
    ]);
    expect(await api.stored('whole-1')).toEqual([null]);
  });

  it.each([null, [], {}, { apps: {} }, { apps: [], app: [] }, 'x'])('is not %j', async (json) => {
    expectProblem(await api.call('POST', '/apply', { json }), PROBLEMS.invalidSpec);
  });

  it('can be YAML, whose mistakes are told with their place', async () => {
    const body = 'apps:\n  - app_name: yaml\n    docker_image: shop:1\n    starting_ports: [{81: 80}]\n';
    expect(results(itemsOf(await api.call('POST', '/apply', { body, headers: YAML })))).toEqual([
      'yaml created',
    ]);
    const broken = await api.call('POST', '/apply', { body: `${body}  -app: x: y\n`, headers: YAML });
    expect(expectProblem(broken, PROBLEMS.malformedYaml).detail).toMatch(/: line 5, column \d+: /);
    const elsewhere = await api.call('PUT', '/apps/yaml', { body, headers: YAML });
    expectProblem(elsewhere, PROBLEMS.unsupportedMediaType);
    const nowhere = await api.call('POST', '/apps/yaml/restart', { body, headers: YAML });
    expectProblem(nowhere, PROBLEMS.unsupportedMediaType);
  });

  it('may be larger than a spec', async () => {
    const large = Array.from({ length: 20 }, (_, index) =>
      app(`large-${index}`, { env_vars: { TEXT: 'x'.repeat(20_000) } }),
    );
    expect(await apply(large, '?dry_run=true')).toHaveLength(20);
  });

  it('goes on after an app that can not be changed', async () => {
    const faulty = new FaultyStore(api.store);
    await api.create('fail-old');
    faulty.fail(new StoreUnavailableError('gone'), 'insert');
    const items = await apply(
      [app('fail-new'), app('fail-old', { running: false })],
      '?prune=true&prefix=fail-',
    );
    faulty.heal();
    expect(results(items)).toEqual(['fail-new failed', 'fail-old changed']);
    expect(items[0]?.problem).toMatchObject({ type: PROBLEMS.storeUnavailable.type, status: 503 });
  });
});

describe('pruning', () => {
  it('deletes what is not in the document, of the names that are asked for', async () => {
    for (const name of ['prune-a', 'prune-b', 'pruned-not']) await api.create(name);
    const query = '?prune=true&prefix=prune-';
    expect(results(await apply([app('prune-a')], `${query}&dry_run=true`))).toEqual([
      'prune-a unchanged',
      'prune-b deleted',
    ]);
    expect(results(await apply([app('prune-a')]))).toEqual(['prune-a unchanged']);
    expect(await api.stored('prune-b')).toMatchObject([{ deleted: false }]);
    expect(results(await apply([app('prune-a')], query))).toEqual(['prune-a unchanged', 'prune-b deleted']);
    expect(await api.stored('prune-b', 'pruned-not')).toMatchObject([{ deleted: true }, { deleted: false }]);
  });

  it('is not done when anything failed', async () => {
    await api.create('keep-old');
    const faulty = new FaultyStore(api.store);
    faulty.fail(new StoreUnavailableError('gone'), 'insert');
    const items = await apply([app('keep-new')], '?prune=true&prefix=keep-');
    faulty.heal();
    expect(results(items)).toEqual(['keep-new failed', 'keep-old kept']);
    expect(await api.stored('keep-old')).toMatchObject([{ deleted: false }]);
  });

  it('is refused for what would delete too much', async () => {
    const refused = async (apps: object[], query: string) =>
      await api.call('POST', `/apply${query}`, { json: { apps } });
    expect(places(expectProblem(await refused([], '?prune=true'), PROBLEMS.invalidSpec))).toEqual([
      expect.stringMatching(/^\/apps must not be empty/),
    ]);
    const outside = await refused([app('x')], '?prune=true&prefix=y');
    expect(places(expectProblem(outside, PROBLEMS.invalidSpec))).toEqual([
      expect.stringMatching(/^\/apps\/0\/app_name must begin with "y"/),
    ]);
    for (const query of ['?prefix=x', '?prune=1', '?prune=true&prefix=-']) {
      expectProblem(await refused([app('x')], query), PROBLEMS.invalidQuery);
    }
  });
});

describe('rights', () => {
  it('are asked for before anything is done, and hide what is not for the caller', async () => {
    await api.create('mine-a');
    await api.create('theirs');
    api.authorization = await makeToken(api, { name: 'mine', rights: 'rw', apps: ['mine-*'] });
    const items = await apply([app('mine-a', { running: false }), app('theirs', { running: false })]);
    const pruned = await apply([app('mine-b')], '?prune=true');
    const exported = await api.call('GET', '/export');
    api.authorization = ADMIN;
    expect(results(items)).toEqual(['mine-a changed', 'theirs failed']);
    expect(items[1]?.problem).toMatchObject({ type: PROBLEMS.forbidden.type, needed_right: 'write' });
    expect(results(pruned)).toEqual(['mine-b created', 'mine-a deleted']);
    expect(exported.body).toEqual({ apps: [app('mine-b')] });
    expect(await api.stored('theirs')).toMatchObject([{ revision: 1, deleted: false }]);
  });

  it('keep what would be deleted where they lack for a change, and a dry run says so', async () => {
    await api.create('lack-mine');
    await api.create('lack-theirs');
    api.authorization = await makeToken(api, { name: 'lack', rights: 'rw', apps: ['lack-m*'] });
    const document = [app('lack-theirs', { running: false })];
    const looked = await apply(document, '?prune=true&prefix=lack-&dry_run=true');
    const applied = await apply(document, '?prune=true&prefix=lack-');
    api.authorization = ADMIN;
    expect(results(applied)).toEqual(['lack-theirs failed', 'lack-mine kept']);
    expect(results(looked)).toEqual(results(applied));
    expect(await api.stored('lack-mine')).toMatchObject([{ deleted: false }]);
  });
});

describe('an export', () => {
  const nasty = fc.oneof(
    fc.string({ unit: 'binary-ascii', maxLength: 20 }),
    fc.constantFrom(
      'yes',
      '012',
      '~',
      'null',
      '1e3',
      '{{.App}}',
      '# x',
      '- a',
      ': ',
      'a: b',
      ' x ',
      '"',
      "'",
      '\n',
      '@',
      '%',
      '2026-01-01',
    ),
  );
  const text = nasty.filter((value) => !value.includes('\0') && value !== '***');
  const names = fc
    .stringMatching(/^[A-Za-z_][A-Za-z0-9_.-]{0,8}$/)
    .filter((name) => !(name in Object.prototype));
  const specs = fc.record(
    {
      env_vars: fc.dictionary(names, text, { maxKeys: 4 }),
      command: fc.array(text, { minLength: 1, maxLength: 3 }),
      labels: fc.dictionary(
        fc.stringMatching(/^[a-z]{1,8}$/).filter((name) => !(name in Object.prototype)),
        text,
        { maxKeys: 3 },
      ),
      running: fc.boolean(),
      containers_per: fc.constantFrom({ server: 3 }, { cpu: 0.5 }, { memory: 512 }),
      starting_ports: fc.constantFrom([80], [{ '90': '8080' }], []),
    },
    { requiredKeys: [] },
  );

  it.each(['application/json', 'application/yaml'])(
    'as %s that is applied again changes nothing',
    async (accept) => {
      await api.call('PUT', '/apps/export-all', { json: { docker_image: 'shop:1', ...SETTINGS } });
      await api.call('PUT', '/apps/export-secret', {
        json: { docker_image: 'shop:1', env_vars: { T: 'hidden-value' }, secret_env_vars: ['T'] },
      });
      await fc.assert(
        fc.asyncProperty(specs, async (spec) => {
          const put = await api.call('PUT', '/apps/export-any', {
            json: { docker_image: 'shop:1', ...spec },
          });
          expect({ spec, status: put.status, body: put.body }).toMatchObject({
            body: { app_name: 'export-any' },
          });
          const answer = await api.call('GET', '/export?prefix=export-', { headers: { accept } });
          expect(answer.headers.get('content-type')).toContain(accept);
          const body = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
          expect(body).not.toContain('hidden-value');
          const again = await api.call('POST', '/apply', { body, headers: { 'content-type': accept } });
          expect(results(itemsOf(again))).toEqual(
            ['export-all', 'export-any', 'export-secret'].map((name) => `${name} unchanged`),
          );
        }),
        { numRuns: 10 },
      );
    },
  );

  it('has what differs from the defaults, in the form that is preferred', async () => {
    await api.create('form');
    const get = async (accept: string) =>
      (await api.call('GET', '/export?prefix=form', { headers: { accept } })).body;
    const yaml = 'apps:\n  - app_name: form\n    docker_image: shop:1\n';
    expect(await get('*/*')).toEqual({ apps: [app('form')] });
    expect(await get('application/json;q=0.5, application/yaml')).toBe(yaml);
    expect(await get('application/yaml;q=0.5, */*;q=0.1')).toBe(yaml);
    expect(await get('application/yaml;q=0.1, application/json')).toEqual({ apps: [app('form')] });
    expect(await get('text/html')).toEqual({ apps: [app('form')] });
  });
});
