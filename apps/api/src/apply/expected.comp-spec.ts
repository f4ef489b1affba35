import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PROBLEMS } from '../http/problem-types.js';
import { ApiUnderTest, type HttpAnswer } from '../testing/api-under-test.js';
import { expectProblem, places } from '../testing/expect-problem.js';
import { FaultyStore } from '../testing/faulty-store.js';
import type { AppliedApp } from './apply.service.js';

let api: ApiUnderTest;
beforeAll(async () => {
  api = await ApiUnderTest.start();
});
afterAll(async () => {
  await api.stop();
});

type Expected = Record<string, unknown>;

const app = (app_name: string, more: object = {}) => ({ app_name, docker_image: 'shop:1', ...more });

async function apply(apps: object[], expected: Expected | null, query = ''): Promise<HttpAnswer> {
  return await api.call('POST', `/apply${query}`, { json: { apps, ...(expected ? { expected } : {}) } });
}

/** What a dry run has looked at. */
async function lookedAt(apps: object[], query = ''): Promise<Record<string, number | null>> {
  const { body } = await apply(apps, null, `${query === '' ? '?' : `${query}&`}dry_run=true`);
  const { items } = body as { items: AppliedApp[] };
  return Object.fromEntries(
    items.flatMap(({ app_name, preview }) => (preview ? [[app_name, preview.revision]] : [])),
  );
}

function results({ status, body }: HttpAnswer): string[] {
  expect({ status, body }).toMatchObject({ status: 200 });
  return (body as { items: AppliedApp[] }).items.map(({ app_name, result }) => `${app_name} ${result}`);
}

describe('a document that says what was looked at', () => {
  it('is applied as long as that is so, whether an app is there, new, or was deleted', async () => {
    await api.create('seen-old');
    await api.create('seen-gone');
    await api.create('seen-same');
    await api.call('DELETE', '/apps/seen-gone');
    const document = [
      app('seen-old', { running: false }),
      app('seen-new'),
      app('seen-gone'),
      app('seen-same'),
    ];
    const expected = await lookedAt(document);
    expect(expected).toEqual({ 'seen-old': 1, 'seen-new': null, 'seen-gone': 2, 'seen-same': 1 });
    expect(results(await apply(document, { ...expected, 'seen-gone': null }, '?dry_run=true'))).toHaveLength(
      4,
    );
    expect(results(await apply(document, expected))).toEqual([
      'seen-old changed',
      'seen-new created',
      'seen-gone created',
      'seen-same unchanged',
    ]);
  });

  it('is refused whole when any app of it has been changed, made or deleted since', async () => {
    for (const name of ['stale-a', 'stale-b', 'stale-c', 'stale-d']) await api.create(name);
    const document = ['stale-a', 'stale-b', 'stale-c', 'stale-new'].map((name) =>
      app(name, { running: false }),
    );
    const expected = await lookedAt(document);
    await api.call('PATCH', '/apps/stale-b', { json: { docker_image: 'shop:9' } });
    await api.call('DELETE', '/apps/stale-c');
    await api.create('stale-new');
    const refused = expectProblem(
      await apply([...document, app('stale-d')], expected),
      PROBLEMS.preconditionFailed,
    );
    expect(places(refused)).toEqual([
      '/expected/stale-b must be 2, the revision that the app has now, not 1',
      '/expected/stale-c must be null, as there is no such app now, not 1',
      '/expected/stale-new must be 1, the revision that the app has now, not null',
      '/expected/stale-d must be 1, the revision that the app has now; it is missing',
    ]);
    expect(await api.stored('stale-a', 'stale-b', 'stale-c', 'stale-new')).toMatchObject([
      { revision: 1 },
      { spec: { docker_image: 'shop:9' } },
      { deleted: true },
      { spec: { running: true } },
    ]);
  });

  it('deletes no app that nobody was shown, and none that was changed since', async () => {
    const query = '?prune=true&prefix=shown-';
    for (const name of ['shown-a', 'shown-old']) await api.create(name);
    const document = [app('shown-a', { running: false })];
    const expected = await lookedAt(document, query);
    expect(expected).toEqual({ 'shown-a': 1, 'shown-old': 1 });
    await api.create('shown-late');
    const late = expectProblem(await apply(document, expected, query), PROBLEMS.preconditionFailed);
    expect(places(late)).toEqual([
      '/expected/shown-late must be 1, the revision that the app has now; it is missing',
    ]);
    await api.call('DELETE', '/apps/shown-late');
    await api.call('PATCH', '/apps/shown-old', { json: { running: false } });
    expectProblem(await apply(document, expected, query), PROBLEMS.preconditionFailed);
    await api.call('DELETE', '/apps/shown-old');
    const gone = expectProblem(await apply(document, expected, query), PROBLEMS.preconditionFailed);
    expect(places(gone)).toEqual([
      '/expected/shown-old must not be there, as the app is neither in the document nor would it be deleted',
    ]);
    expect(await api.stored('shown-a')).toMatchObject([{ revision: 1 }]);
    expect(results(await apply(document, { 'shown-a': 1 }, query))).toEqual(['shown-a changed']);
  });

  it('leaves what somebody changes while it is applied, and keeps what it would have deleted', async () => {
    const query = '?prune=true&prefix=race-';
    for (const name of ['race-a', 'race-old']) await api.create(name);
    const faulty = new FaultyStore(api.store);
    faulty.overtake('replace', () => api.call('PATCH', '/apps/race-a', { json: { docker_image: 'shop:9' } }));
    const answer = await apply([app('race-a', { running: false })], { 'race-a': 1, 'race-old': 1 }, query);
    expect(results(answer)).toEqual(['race-a failed', 'race-old kept']);
    expect(answer.body).toMatchObject({
      items: [
        { problem: { type: PROBLEMS.preconditionFailed.type, detail: /while the document was applied/ } },
        {},
      ],
    });
    expect(await api.stored('race-a', 'race-old')).toMatchObject([
      { spec: { docker_image: 'shop:9', running: true } },
      { deleted: false },
    ]);
  });

  it.each<[unknown, string]>([
    [[], '/expected must be an object of revisions by app, like {"shop": 7, "web": null}'],
    [null, '/expected must be an object of revisions by app, like {"shop": 7, "web": null}'],
    [{ x: 0 }, '/expected/x must be a revision, a whole number from 1, or null for no app'],
    [{ x: '1' }, '/expected/x must be a revision, a whole number from 1, or null for no app'],
    [{ 'a/b': 1 }, '/expected/a~1b must be a name that an app can have'],
  ])('can not say %j', async (expected, place) => {
    const json = { apps: [app('x')], expected };
    const refused = expectProblem(await api.call('POST', '/apply', { json }), PROBLEMS.invalidSpec);
    expect(places(refused)).toEqual([place]);
    expect(await api.stored('x')).toEqual([null]);
  });
});
