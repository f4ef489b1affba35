import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MAX_SPEC_BYTES } from '@nebula/contracts';
import { PROBLEMS } from '../http/problem-types.js';
import { ApiUnderTest } from '../testing/api-under-test.js';
import { expectProblem, places } from '../testing/expect-problem.js';

const MASKED = { env_vars: { COLOUR: 'blue', TOKEN: '***' }, secret_env_vars: ['TOKEN'] };
const GIVEN = { env_vars: { COLOUR: 'blue', TOKEN: 'hunter2-the-first' }, secret_env_vars: ['TOKEN'] };

let api: ApiUnderTest;
let last = 0;
beforeAll(async () => {
  api = await ApiUnderTest.start();
});
afterAll(async () => await api.stop());

/** The name of an app that has a secret. */
async function appWithSecret(): Promise<string> {
  const name = `shop-${(last += 1)}`;
  await api.create(name, GIVEN);
  return name;
}

async function environment(name: string): Promise<Record<string, string> | undefined> {
  return (await api.store.get(name))?.spec?.env_vars;
}

describe('a secret', () => {
  it('is stored and never answered', async () => {
    const name = await appWithSecret();
    const answers = [
      await api.call('GET', `/apps/${name}`),
      await api.call('PUT', `/apps/${name}`, { json: { docker_image: 'shop:2', ...GIVEN } }),
      await api.call('PATCH', `/apps/${name}`, { json: { running: false } }),
    ];
    for (const { status, body } of answers)
      expect({ status, body }).toMatchObject({ status: 200, body: MASKED });
    const created = await api.call('PUT', `/apps/${name}-2`, { json: { docker_image: 'shop:1', ...GIVEN } });
    expect(created).toMatchObject({ status: 201, body: MASKED });
    const list = await api.call('GET', `/apps?prefix=${name}`);
    expect(list.body).toMatchObject({ items: [MASKED, MASKED] });
    expect(await environment(name)).toEqual(GIVEN.env_vars);
  });

  it('stays what it is when the whole app is read and put back', async () => {
    const name = await appWithSecret();
    const {
      revision,
      created_at: _c,
      updated_at: _u,
      ...spec
    } = (await api.call('GET', `/apps/${name}`)).body as Record<string, unknown>;
    const again = await api.call('PUT', `/apps/${name}`, { json: spec });
    expect(again).toMatchObject({ status: 200, body: { ...MASKED, revision } });
    const changed = await api.call('PUT', `/apps/${name}`, { json: { ...spec, docker_image: 'shop:2' } });
    expect(changed).toMatchObject({ status: 200, body: { ...MASKED, revision: 2, docker_image: 'shop:2' } });
    expect(await environment(name)).toEqual(GIVEN.env_vars);
  });

  it('stays what it is beside a patch of others, and is patched', async () => {
    const name = await appWithSecret();
    await api.call('PATCH', `/apps/${name}`, { json: { env_vars: { COLOUR: 'red', TOKEN: '***' } } });
    expect(await environment(name)).toEqual({ COLOUR: 'red', TOKEN: 'hunter2-the-first' });
    await api.call('PATCH', `/apps/${name}`, { json: { env_vars: { TOKEN: 'hunter2-the-second' } } });
    expect(await environment(name)).toEqual({ COLOUR: 'red', TOKEN: 'hunter2-the-second' });
    const gone = await api.call('PATCH', `/apps/${name}`, {
      json: { env_vars: { TOKEN: null }, secret_env_vars: null },
    });
    expect(gone).toMatchObject({ status: 200, body: { env_vars: { COLOUR: 'red' }, secret_env_vars: [] } });
  });

  it('is made of what everybody could read, from then on', async () => {
    const name = `shop-${(last += 1)}`;
    const env_vars = { COLOUR: 'blue', TOKEN: 'read-by-everybody' };
    await api.create(name, { env_vars });
    const answer = await api.call('PATCH', `/apps/${name}`, { json: { secret_env_vars: ['TOKEN'] } });
    expect(answer.body).toMatchObject(MASKED);
    expect(await environment(name)).toEqual(env_vars);
  });

  it.each<[string, string, object]>([
    ['PATCH', 'with an empty list', { secret_env_vars: [] }],
    ['PATCH', 'with null', { secret_env_vars: null }],
    ['PATCH', 'and the mask as a value', { secret_env_vars: [], env_vars: { TOKEN: '***' } }],
    ['PUT', 'with the mask as a value', { docker_image: 'shop:1', env_vars: { TOKEN: '***' } }],
  ])('does not become readable by %s %s', async (method, _how, json) => {
    const name = await appWithSecret();
    const problem = expectProblem(await api.call(method, `/apps/${name}`, { json }), PROBLEMS.invalidSpec);
    expect(places(problem)).toEqual([
      expect.stringMatching(/^\/env_vars\/TOKEN must be a new value, or stay in secret_env_vars/),
    ]);
    expect(await api.stored(name)).toMatchObject([{ revision: 1, spec: GIVEN }]);
  });

  it('is none any more with a new value', async () => {
    const name = await appWithSecret();
    const json = { secret_env_vars: [], env_vars: { TOKEN: 'open' } };
    const answer = await api.call('PATCH', `/apps/${name}`, { json });
    expect(answer).toMatchObject({ status: 200, body: { env_vars: { TOKEN: 'open' }, secret_env_vars: [] } });
  });

  it('can not be a mask that stands for nothing', async () => {
    const name = await appWithSecret();
    await api.call('DELETE', `/apps/${name}`);
    for (const [method, path, app_name] of [
      ['POST', '/apps', 'fresh'],
      ['PUT', '/apps/fresh', 'fresh'],
      ['PUT', `/apps/${name}`, name],
    ] as const) {
      const json = { app_name, docker_image: 'shop:1', ...MASKED };
      const problem = expectProblem(await api.call(method, path, { json }), PROBLEMS.invalidSpec);
      expect(places(problem)).toEqual([
        expect.stringMatching(/^\/env_vars\/TOKEN must be a value: "\*\*\*" keeps that of a secret/),
      ]);
    }
    expect(await api.stored('fresh', name)).toMatchObject([null, { deleted: true }]);
  });

  it('counts with its value for the size of a spec', async () => {
    const name = `shop-${(last += 1)}`;
    const TOKEN = 'x'.repeat(MAX_SPEC_BYTES - 1_000);
    await api.create(name, { env_vars: { TOKEN }, secret_env_vars: ['TOKEN'] });
    const json = { env_vars: { MORE: 'y'.repeat(1_000) } };
    const problem = expectProblem(await api.call('PATCH', `/apps/${name}`, { json }), PROBLEMS.invalidSpec);
    expect(places(problem)).toEqual([expect.stringContaining('so that it fits in a message')]);
  });
});

describe('a flaw', () => {
  it('of an app with secrets is told without them', async () => {
    const name = await appWithSecret();
    for (const json of [
      { env_vars: { TOKEN: { value: 'hunter2-in-a-flaw' } } },
      { env_vars: { TOKEN: 'hunter2-in-a-flaw\0' } },
      { secret_env_vars: { TOKEN: 'hunter2-in-a-flaw' } },
      { secret_env_vars: ['hunter2-in-a-flaw'] },
      { secret_env_vars: 'hunter2-in-a-flaw' },
      { secrets: { TOKEN: 'hunter2-in-a-flaw' } },
    ]) {
      const answer = await api.call('PATCH', `/apps/${name}`, { json });
      expectProblem(answer, PROBLEMS.invalidSpec);
      expect(JSON.stringify(answer.body)).not.toContain('hunter2');
    }
    expect(api.problems.join()).not.toContain('hunter2');
  });
});
