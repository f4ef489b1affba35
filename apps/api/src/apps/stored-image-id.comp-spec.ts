import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { PROBLEMS } from '../http/problem-types.js';
import { recordOf, specOf } from '../store/testing/records.js';
import { ApiUnderTest, type HttpAnswer } from '../testing/api-under-test.js';
import { expectProblem, places } from '../testing/expect-problem.js';

/** As older apis have stored it. */
const ID = `sha256:${'0a'.repeat(32)}`;
const OTHER_ID = `sha256:${'0b'.repeat(32)}`;
const REFUSED = expect.stringMatching(/^\/docker_image must be an image reference .* id of an image/);

let api: ApiUnderTest;
beforeAll(async () => {
  api = await ApiUnderTest.start();
});
afterAll(async () => {
  await api.stop();
});

let app: string;
let number = 0;
beforeEach(async () => {
  app = `app-${++number}`;
  await api.store.insert(recordOf(app, { spec: specOf(app, { docker_image: ID }) }));
});

const patch = async (json: object) => await api.call('PATCH', `/apps/${app}`, { json });
const put = async (json: object) => await api.call('PUT', `/apps/${app}`, { json });
const apply = async (...apps: object[]) => await api.call('POST', '/apply', { json: { apps } });
const rollBack = async (to: number) => await api.call('POST', `/apps/${app}/rollback`, { json: { to } });

function expectRefused(answer: HttpAnswer): void {
  expect(places(expectProblem(answer, PROBLEMS.invalidSpec))).toEqual([REFUSED]);
}

describe('an app that has had an image id since before it was refused', () => {
  it('takes every change that leaves it alone', async () => {
    const patched = await patch({ containers_per: { server: 2 } });
    expect(patched).toMatchObject({ status: 200, body: { revision: 2, docker_image: ID } });
    expect(await put({ docker_image: ID, running: false })).toMatchObject({
      status: 200,
      body: { revision: 3, docker_image: ID, running: false },
    });
    expect(await apply({ app_name: app, docker_image: ID })).toMatchObject({
      status: 200,
      body: { items: [{ result: 'changed', revision: 4 }] },
    });
    expect(await api.stored(app)).toMatchObject([{ revision: 4, spec: { docker_image: ID, running: true } }]);
  });

  it('takes no other, and none again once it has a reference', async () => {
    expectRefused(await patch({ docker_image: OTHER_ID }));
    expectRefused(await put({ docker_image: OTHER_ID }));
    expect(await api.stored(app)).toMatchObject([{ revision: 1 }]);
    expect(await patch({ docker_image: 'shop:2' })).toMatchObject({ status: 200 });
    expectRefused(await patch({ docker_image: ID }));
    expectRefused(await put({ docker_image: ID }));
    expect(await api.stored(app)).toMatchObject([{ revision: 2, spec: { docker_image: 'shop:2' } }]);
  });

  it('is gone back to', async () => {
    await patch({ docker_image: 'shop:2' });
    expect(await rollBack(1)).toMatchObject({ status: 200, body: { revision: 3, docker_image: ID } });
  });

  it('hands it on to no other app, and to none that is made anew', async () => {
    expectRefused(await api.call('POST', '/apps', { json: { app_name: 'another', docker_image: ID } }));
    await api.call('DELETE', `/apps/${app}`);
    expectRefused(await api.call('POST', '/apps', { json: { app_name: app, docker_image: ID } }));
    expectRefused(await put({ docker_image: ID }));
    expect(await api.stored(app, 'another')).toMatchObject([{ deleted: true }, null]);
  });
});

it("a document with an image id is refused whole, at the apps that don't have it", async () => {
  const answer = await apply(
    { app_name: app, docker_image: ID },
    { app_name: 'new', docker_image: 'shop:1' },
    { app_name: 'newer', docker_image: ID },
  );
  expect(places(expectProblem(answer, PROBLEMS.invalidSpec))).toEqual([
    expect.stringMatching(/^\/apps\/2\/docker_image must be an image reference/),
  ]);
  expect(await api.stored(app, 'new', 'newer')).toMatchObject([{ revision: 1 }, null, null]);
});
