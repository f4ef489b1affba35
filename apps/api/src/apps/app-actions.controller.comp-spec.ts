import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CompactTokens } from '@nebula/contracts';
import { PROBLEMS } from '../http/problem-types.js';
import { ApiUnderTest, type HttpAnswer } from '../testing/api-under-test.js';
import { eventually } from '../testing/eventually.js';
import { expectProblem } from '../testing/expect-problem.js';

let api: ApiUnderTest;
beforeAll(async () => {
  api = await ApiUnderTest.start();
});
afterAll(async () => {
  await api.stop();
});

const ACTIONS = ['start', 'stop', 'restart', 'roll', 'release', 'prune'];

async function act(name: string, action: string): Promise<HttpAnswer> {
  return await api.call('POST', `/apps/${name}/${action}`);
}

/** Resolves when workers see this, in the message of this revision. */
async function seen(name: string, revision: number, tokens: CompactTokens, running = true): Promise<void> {
  const message = await eventually(async () => {
    const newest = await api.broker.feed.readNewest(name);
    expect(newest).toMatchObject({ revision });
    return newest;
  });
  expect(message?.tokens).toEqual(tokens);
  expect(message?.spec?.running ?? true).toBe(running);
}

function expectAccepted({ status, headers, body }: HttpAnswer, app_name: string, revision: number): void {
  expect({ status, body }).toEqual({ status: 202, body: { app_name, revision } });
  expect(headers.get('etag')).toMatch(new RegExp(`^"${revision}-[0-9a-z]+"$`));
}

describe('stop and start', () => {
  it('change whether the app shall run, and keep the revision when it does already', async () => {
    await api.create('stopped');
    expectAccepted(await act('stopped', 'start'), 'stopped', 1);
    expectAccepted(await act('stopped', 'stop'), 'stopped', 2);
    expectAccepted(await act('stopped', 'stop'), 'stopped', 2);
    expect((await api.call('GET', '/apps/stopped')).body).toMatchObject({ running: false, revision: 2 });
    await seen('stopped', 2, { restart: 0, release: 0 }, false);
    expectAccepted(await act('stopped', 'start'), 'stopped', 3);
    expect((await api.call('GET', '/apps/stopped')).body).toMatchObject({ running: true, revision: 3 });
    await seen('stopped', 3, { restart: 0, release: 0 });
  });
});

describe('restart and release', () => {
  it('are tokens that are the revision of the wish, each on its own', async () => {
    await api.create('wishes');
    const before = (await api.call('GET', '/apps/wishes')).body as Record<string, unknown>;
    expectAccepted(await act('wishes', 'restart'), 'wishes', 2);
    await seen('wishes', 2, { restart: 2, release: 0 });
    expectAccepted(await act('wishes', 'release'), 'wishes', 3);
    await seen('wishes', 3, { restart: 2, release: 3 });
    expectAccepted(await act('wishes', 'release'), 'wishes', 4);
    await seen('wishes', 4, { restart: 2, release: 4 });
    // The spec stays what it was.
    expect((await api.call('GET', '/apps/wishes')).body).toEqual({
      ...before,
      revision: 4,
      updated_at: expect.any(String),
    });
  });

  it('roll, alone or with a release', async () => {
    await api.create('rolled');
    expectAccepted(await act('rolled', 'roll'), 'rolled', 2);
    await seen('rolled', 2, { restart: 0, release: 0, roll: 2 });
    const release = (json: unknown) => api.call('POST', '/apps/rolled/release', { json });
    expectAccepted(await release({ rolling: false }), 'rolled', 3);
    await seen('rolled', 3, { restart: 0, release: 3, roll: 2 });
    expectAccepted(await release({ rolling: true }), 'rolled', 4);
    await seen('rolled', 4, { restart: 0, release: 4, roll: 4 });
  });

  it('a release refuses a wish that is no yes or no, or that it does not know', async () => {
    await api.create('unsure');
    const answer = await api.call('POST', '/apps/unsure/release', { json: { rolling: 'yes', roling: true } });
    expect(expectProblem(answer, PROBLEMS.unexpectedBody).errors).toEqual([
      { pointer: '/rolling', message: 'must be true or false' },
      { pointer: '/roling', message: 'is not known here; this call knows rolling' },
    ]);
    expect((await api.call('GET', '/apps/unsure')).body).toMatchObject({ revision: 1 });
  });

  it('are carried on by every other change, so that they are granted once', async () => {
    await api.create('carried');
    await act('carried', 'restart');
    await act('carried', 'release');
    const tokens = { restart: 2, release: 3 };
    await api.call('PATCH', '/apps/carried', { json: { env_vars: { A: '1' } } });
    await seen('carried', 4, tokens);
    await api.call('PUT', '/apps/carried', { json: { docker_image: 'shop:2' } });
    await seen('carried', 5, tokens);
    await act('carried', 'stop');
    await seen('carried', 6, tokens, false);
    await api.call('DELETE', '/apps/carried');
    await api.create('carried');
    await seen('carried', 8, tokens);
  });
});

describe.each(ACTIONS)('%s', (action) => {
  it.each(['no-such-app', '-', 'a%2Fb', 'constructor'])('knows no app %s', async (name) => {
    expectProblem(await act(name, action), PROBLEMS.appNotFound);
  });

  it('takes an empty body of any form, and refuses one that says something', async () => {
    const path = `/apps/body-${action}/${action}`;
    const json = { 'content-type': 'application/json' };
    await api.create(`body-${action}`);
    for (const parts of [{}, { headers: json }, { json: {} }, { json: null }, { body: '', headers: json }]) {
      expect((await api.call('POST', path, parts)).status).toBe(202);
    }
    const before = await api.stored(`body-${action}`);
    for (const value of [{ force: true, 'a/b~': 1 }, [], [1], 'x', 0, false]) {
      const problem = expectProblem(await api.call('POST', path, { json: value }), PROBLEMS.unexpectedBody);
      const isObject = typeof value === 'object' && !Array.isArray(value);
      expect(problem.errors?.map(({ pointer }) => pointer)).toEqual(isObject ? ['/force', '/a~1b~0'] : []);
    }
    const text = await api.call('POST', path, { body: 'x', headers: { 'content-type': 'text/plain' } });
    expectProblem(text, PROBLEMS.unsupportedMediaType);
    const broken = await api.call('POST', path, { body: '{', headers: json });
    expectProblem(broken, PROBLEMS.malformedJson);
    expect(await api.stored(`body-${action}`)).toEqual(before);
  });

  it('takes no query parameter', async () => {
    await api.create(`query-${action}`);
    const before = await api.stored(`query-${action}`);
    const answer = await api.call('POST', `/apps/query-${action}/${action}?force=1`);
    expect(expectProblem(answer, PROBLEMS.invalidQuery).errors).toMatchObject([{ parameter: 'force' }]);
    expect(await api.stored(`query-${action}`)).toEqual(before);
  });
});

describe('a prune', () => {
  it('of an app is a token as others are', async () => {
    await api.create('pruned');
    expectAccepted(await act('pruned', 'prune'), 'pruned', 2);
    await seen('pruned', 2, { restart: 0, release: 0, prune: 2 });
    expectAccepted(await act('pruned', 'restart'), 'pruned', 3);
    await seen('pruned', 3, { restart: 3, release: 0, prune: 2 });
  });

  it('of all reaches every app, however many there are, and says so of each', async () => {
    const names = Array.from({ length: 105 }, (_, index) => `many-${String(index).padStart(3, '0')}`);
    for (const name of names) await api.create(name);
    await api.create('gone');
    await api.call('DELETE', '/apps/gone');
    const { status, body } = await api.call('POST', '/prune');
    expect(status).toBe(202);
    const { items } = body as { items: { app_name: string; revision: number; error: null }[] };
    expect(items.filter(({ app_name }) => app_name.startsWith('many-'))).toEqual(
      names.map((app_name) => ({ app_name, revision: 2, error: null })),
    );
    expect(items.map(({ app_name }) => app_name)).not.toContain('gone');
    await seen('many-104', 2, { restart: 0, release: 0, prune: 2 });
  });

  it('of all takes no body', async () => {
    expectProblem(await api.call('POST', '/prune', { json: { app: 'shop' } }), PROBLEMS.unexpectedBody);
  });
});
