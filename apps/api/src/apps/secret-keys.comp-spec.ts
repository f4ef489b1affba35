import { afterEach, describe, expect, it } from '@jest/globals';
import type { DesiredStateMessage } from '@nebula/contracts';
import { PROBLEMS } from '../http/problem-types.js';
import { Keyring } from '../store/secrets/keyring.js';
import { SealingAppStore } from '../store/secrets/sealing-app-store.js';
import { testKey } from '../store/testing/keys.js';
import { recordOf, specOf } from '../store/testing/records.js';
import { ApiUnderTest } from '../testing/api-under-test.js';
import { eventually } from '../testing/eventually.js';
import { expectProblem, places } from '../testing/expect-problem.js';

const GIVEN = { env_vars: { COLOUR: 'blue', TOKEN: 'hunter2-by-key' }, secret_env_vars: ['TOKEN'] };
const MASKED = { env_vars: { COLOUR: 'blue', TOKEN: '***' }, secret_env_vars: ['TOKEN'] };

let api: ApiUnderTest;
afterEach(async () => await api.stop());

async function published(app: string): Promise<DesiredStateMessage | null> {
  return await api.broker.feed.readNewest(app);
}

/** An app whose secret was sealed with a key that the api has not. */
async function lostApp(app_name: string): Promise<void> {
  if (!(api.store instanceof SealingAppStore)) throw new Error('the store seals nothing');
  const elsewhere = new SealingAppStore(api.store.inner, new Keyring([testKey('lost')]));
  await elsewhere.insert(recordOf(app_name, { spec: specOf(app_name, GIVEN) }));
}

describe('an api with a key', () => {
  it('keeps secrets sealed, and sends them out as they are', async () => {
    api = await ApiUnderTest.start();
    await api.create('shop', GIVEN);
    if (!(api.store instanceof SealingAppStore)) throw new Error('the store seals nothing');
    expect(JSON.stringify(await api.store.inner.get('shop'))).not.toContain('hunter2');
    await eventually(async () =>
      expect(await published('shop')).toMatchObject({ spec: GIVEN, min_reader: 1 }),
    );
  });
});

describe('an api without a key', () => {
  it('takes no app with secrets and says what to configure, and takes all others', async () => {
    api = await ApiUnderTest.start({ secret_keys: [] });
    await api.create('open', { env_vars: { TOKEN: 'read-by-everybody' } });
    for (const [method, path, json] of [
      ['POST', '/apps', { app_name: 'shop', docker_image: 'shop:1', ...GIVEN }],
      ['PUT', '/apps/shop', { docker_image: 'shop:1', ...GIVEN }],
      ['PATCH', '/apps/open', { secret_env_vars: ['TOKEN'] }],
    ] as const) {
      const problem = expectProblem(await api.call(method, path, { json }), PROBLEMS.noSecretKey);
      expect(problem.status).toBe(422);
      expect(places(problem)).toEqual([
        expect.stringMatching(/^\/secret_env_vars .* configure secret_keys$/),
      ]);
    }
    expect(await api.stored('shop', 'open')).toMatchObject([null, { revision: 1 }]);
  });
});

describe('an app whose key is missing', () => {
  it('is answered with masks, and changed by nothing that would lose its secrets', async () => {
    api = await ApiUnderTest.start();
    await lostApp('shop');
    const stored = await api.stored('shop');
    expect(await api.call('GET', '/apps/shop')).toMatchObject({ status: 200, body: MASKED });
    expect((await api.call('GET', '/apps')).body).toMatchObject({ items: [MASKED] });
    for (const [method, path, json] of [
      ['PATCH', '/apps/shop', { running: false }],
      ['PUT', '/apps/shop', { docker_image: 'shop:2', ...MASKED }],
      ['POST', '/apps/shop/restart', undefined],
      ['POST', '/apps/shop/stop', undefined],
    ] as const) {
      const answer = await api.call(method, path, json ? { json } : {});
      const { detail } = expectProblem(answer, PROBLEMS.secretsUnreadable);
      expect(detail).toMatch(/^The secrets of shop .*"TOKEN": .* the key "lost", which is not configured/);
    }
    await api.create('open');
    const pruned = await api.call('POST', '/prune');
    expect(pruned.body).toMatchObject({
      items: [
        { app_name: 'open', error: null },
        { app_name: 'shop', revision: null, error: expect.stringContaining('"lost"') },
      ],
    });
    expect(await api.stored('shop')).toEqual(stored);
  });

  it('is compared with nothing, as nobody knows whether its secrets are the same', async () => {
    api = await ApiUnderTest.start();
    await lostApp('shop');
    await api.call('PATCH', '/apps/shop', { json: { env_vars: { TOKEN: 'hunter2-anew' } } });
    for (const query of ['', '?to=1', '?from=1&to=1', '?from=2&to=1'])
      expectProblem(await api.call('GET', `/apps/shop/diff${query}`), PROBLEMS.secretsUnreadable);
    expect((await api.call('GET', '/apps/shop/diff?from=2')).body).toMatchObject({ changes: [] });
  });

  it('is published by nobody, hinders no other, and is again with new values', async () => {
    api = await ApiUnderTest.start();
    await lostApp('shop');
    await lostApp('trash');
    await api.create('open');
    const patched = await api.call('PATCH', '/apps/open', { json: { env_vars: { A: 'b' } } });
    expect(patched.status).toBe(200);
    await eventually(async () => expect(await published('open')).toMatchObject({ revision: 2 }));
    // A change that is refused makes nobody look; this does.
    await api.call('PATCH', '/apps/shop', { json: { env_vars: { TOKEN: 'hunter2-anew' } } });
    await eventually(async () => {
      expect(await published('shop')).toMatchObject({ spec: { env_vars: { TOKEN: 'hunter2-anew' } } });
    });
    expect((await api.call('DELETE', '/apps/trash')).status).toBe(202);
    await eventually(async () => expect(await published('trash')).toMatchObject({ deleted: true }));
  });
});
