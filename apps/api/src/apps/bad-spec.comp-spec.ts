import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MAX_PROBLEMS, MAX_SPEC_BYTES } from '@nebula/contracts';
import { PROBLEMS } from '../http/problem-types.js';
import { ApiUnderTest, type GivenSpec, type HttpAnswer } from '../testing/api-under-test.js';
import { expectProblem, type ProblemBody } from '../testing/expect-problem.js';
import { WRONG_SPECS } from './testing/wrong-specs.js';

let api: ApiUnderTest;
beforeAll(async () => {
  api = await ApiUnderTest.start();
  await api.create('old', { env_vars: { A: '1' } });
});
afterAll(async () => {
  await api.stop();
});

/** Sends a body that differs from a right one by this, in each of the three ways, and answers the problem of each. */
async function refusals(changes: GivenSpec): Promise<ProblemBody[]> {
  const before = await api.stored('old', 'new');
  expect(before).toMatchObject([{ revision: 1 }, null]);
  const right = { docker_image: 'shop:1' };
  const answers: HttpAnswer[] = [
    await api.call('POST', '/apps', { json: { app_name: 'new', ...right, ...changes } }),
    await api.call('PUT', '/apps/new', { json: { ...right, ...changes } }),
    await api.call('PUT', '/apps/old', { json: { ...right, ...changes } }),
    await api.call('PATCH', '/apps/old', { json: { ...changes, ...measureOf(changes) } }),
  ];
  const problems = answers.map((answer) => expectProblem(answer, PROBLEMS.invalidSpec));
  expect(await api.stored('old', 'new')).toEqual(before);
  return problems;
}

/** A patch of the measure takes the old one away, with which it would be merged. */
function measureOf({ containers_per }: GivenSpec): GivenSpec {
  const isObject = typeof containers_per === 'object' && !Array.isArray(containers_per);
  return isObject ? { containers_per: { server: null, ...containers_per } } : {};
}

describe('a spec with', () => {
  it.each(WRONG_SPECS)('%s is refused, and nothing changes', async (_name, changes, ...errors) => {
    for (const problem of await refusals(changes)) {
      expect(problem.errors).toEqual(
        errors.map(([pointer, value, message]) => ({
          pointer,
          ...(value === undefined ? {} : { value }),
          message: expect.stringMatching(message),
        })),
      );
      expect(problem.detail).toBe(`${errors[0]?.[0]} ${problem.errors?.[0]?.message}.`);
    }
  });

  it('an unknown field is refused with a suggestion, and its value is not shown', async () => {
    const changes: object = { docker_imge: 'secret-1', starting_port: 'secret-2', zzz: { a: 'secret-3' } };
    for (const problem of await refusals(changes)) {
      expect(problem.errors).toEqual([
        { pointer: '/docker_imge', message: 'is not a known field (did you mean "docker_image"?)' },
        { pointer: '/starting_port', message: 'is not a known field (did you mean "starting_ports"?)' },
        { pointer: '/zzz', message: 'is not a known field' },
      ]);
      expect(JSON.stringify(problem)).not.toContain('secret');
    }
  });

  it('fields that every object inherits are refused', async () => {
    const changes: object = { constructor: 1, toString: null, hasOwnProperty: {} };
    const right = { app_name: 'new', docker_image: 'shop:1' };
    const answer = await api.call('POST', '/apps', { json: { ...right, ...changes } });
    const { errors } = expectProblem(answer, PROBLEMS.invalidSpec);
    expect(errors).toEqual(
      ['/constructor', '/toString', '/hasOwnProperty'].map((pointer) => ({
        pointer,
        message: "can't be used as a name",
      })),
    );
    expect(await api.stored('new')).toEqual([null]);
  });

  it('several flaws is told all of them at once', async () => {
    const wrong = {
      ...{ docker_image: 'A', starting_ports: [0, 80, 80], containers_per: { server: 0 }, running: 'yes' },
      ...{ env_vars: { 'A=': 1 }, networks: [5], volumes: ['x'], devices: ['x'], command: [1], x: 1 },
    };
    for (const { errors, detail } of await refusals(wrong)) {
      expect(errors?.map(({ pointer }) => pointer).sort()).toEqual(
        [
          ...['/command/0', '/containers_per/server', '/devices/0', '/docker_image', '/env_vars/A='],
          ...['/env_vars/A=', '/networks/0', '/running', '/starting_ports/0', '/starting_ports/2'],
          ...['/volumes/0', '/x'],
        ].sort(),
      );
      expect(detail).toMatch(/, and 11 more\.$/);
    }
  });

  it('endless flaws is told the first, and that there are more', async () => {
    const networks = Array.from({ length: 10_000 }, () => 5);
    for (const { errors } of await refusals({ networks })) {
      expect(errors).toHaveLength(MAX_PROBLEMS + 1);
      expect(errors?.at(-1)?.message).toBe(`has more problems; these are the first ${MAX_PROBLEMS}`);
    }
  });

  it('secrets in its environment never says them', async () => {
    const env_vars = { 'A=': 'secret-1', B: 'secret-2\0', C: ['secret-3'], D: { e: 'secret-4' } };
    for (const problem of await refusals({ env_vars })) {
      expect(problem.errors).toHaveLength(4);
      expect(JSON.stringify(problem)).not.toContain('secret');
    }
    for (const env_vars of ['secret', ['secret'], [{ secret: 1 }]]) {
      for (const problem of await refusals({ env_vars })) {
        expect(JSON.stringify(problem)).not.toContain('secret');
      }
    }
    expect(api.problems.join()).not.toContain('secret');
  });

  it('more than fits into a message is refused', async () => {
    const json = {
      app_name: 'new',
      docker_image: 'shop:1',
      env_vars: { A: 'x'.repeat(MAX_SPEC_BYTES - 20) },
    };
    const answer = await api.call('POST', '/apps', { json });
    const { errors } = expectProblem(answer, PROBLEMS.invalidSpec);
    expect(errors).toMatchObject([{ pointer: '', message: expect.stringContaining('fits in a message') }]);
    expect(await api.stored('new')).toEqual([null]);
  });

  it('one value that is huge or deep is answered in short', async () => {
    const deep = JSON.stringify({ app_name: 'new', docker_image: 'shop:1', running: 0 }).replace(
      '0',
      `${'['.repeat(60_000)}${']'.repeat(60_000)}`,
    );
    const deepObject = `{"env_vars":${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}}`;
    const json = JSON.stringify({ app_name: 'new', docker_image: 'x'.repeat(200_000), running: [1e308] });
    const headers = { 'content-type': 'application/json' };
    for (const [method, path, body] of [
      ['POST', '/apps', deep],
      ['POST', '/apps', deepObject],
      ['PATCH', '/apps/old', deepObject],
      ['PUT', '/apps/new', json],
    ] as const) {
      const problem = expectProblem(await api.call(method, path, { body, headers }), PROBLEMS.invalidSpec);
      expect(JSON.stringify(problem).length).toBeLessThan(2_000);
    }
    expect(await api.stored('new', 'old')).toMatchObject([null, { revision: 1 }]);
  });

  it('numbers beyond what JavaScript has is refused', async () => {
    const headers = { 'content-type': 'application/json' };
    for (const [field, value, pointer] of [
      ['containers_per', '{"server":1e999}', '/containers_per/server'],
      ['containers_per', '{"cpu":-1e999}', '/containers_per/cpu'],
      ['starting_ports', '[1e999]', '/starting_ports/0'],
      ['starting_ports', `[${'9'.repeat(400)}]`, '/starting_ports/0'],
    ] as const) {
      const body = `{"app_name":"new","docker_image":"shop:1","${field}":${value}}`;
      const answer = await api.call('POST', '/apps', { body, headers });
      const { errors } = expectProblem(answer, PROBLEMS.invalidSpec);
      expect(errors).toMatchObject([{ pointer, value: expect.stringMatching(/^-?Infinity$/) }]);
    }
    expect(await api.stored('new')).toEqual([null]);
  });
});

describe('a name of an app', () => {
  const NAMES = ['', '-a', '.a', '_a', 'a b', 'a/b', 'ä', 'a:b', 'a\n', 'a\0', 'x'.repeat(64), '😀', '%41'];

  it.each([...NAMES, 5, null, ['a'], {}])('is not %j', async (app_name) => {
    const answer = await api.call('POST', '/apps', { json: { app_name, docker_image: 'shop:1' } });
    const { errors } = expectProblem(answer, PROBLEMS.invalidSpec);
    expect(errors).toEqual([
      {
        pointer: '/app_name',
        value: app_name,
        message: expect.stringContaining(
          '1 to 63 letters (a-z, A-Z), digits, "_", "." and "-", beginning with a letter or digit',
        ),
      },
    ]);
  });

  it('must be there', async () => {
    const answer = await api.call('POST', '/apps', { json: { docker_image: 'shop:1' } });
    const { errors } = expectProblem(answer, PROBLEMS.invalidSpec);
    expect(errors).toEqual([
      { pointer: '/app_name', message: expect.stringMatching(/^is required: 1 to 63/) },
    ]);
  });

  it('is stored for none of them', async () => {
    expect((await api.call('GET', '/apps')).body).toMatchObject({ items: [{ app_name: 'old' }] });
  });
});

describe('a body that is no object', () => {
  it.each([null, [], [{}], 'text', 5, true])('like %j is refused', async (json) => {
    for (const [method, path] of [
      ['POST', '/apps'],
      ['PUT', '/apps/new'],
      ['PUT', '/apps/old'],
      ['PATCH', '/apps/old'],
    ] as const) {
      const { errors } = expectProblem(await api.call(method, path, { json }), PROBLEMS.invalidSpec);
      expect(errors).toEqual([
        { pointer: '', message: expect.stringMatching(/^must be a JSON object, not /) },
      ]);
    }
    expect(await api.stored('old', 'new')).toMatchObject([{ revision: 1 }, null]);
  });
});
