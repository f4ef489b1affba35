import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AppRecord, AppStore } from '../app-store.js';
import { Keyring } from '../secrets/keyring.js';
import { rotateSecrets } from '../secrets/rotate-secrets.js';
import { SealingAppStore } from '../secrets/sealing-app-store.js';
import type { CreateDatabase, DatabaseUnderTest } from './database-under-test.js';
import { testKey } from './keys.js';
import { recordOf, specOf, tombstoneOf } from './records.js';

const VALUE = 'hunter2-in-the-store';

function withSecret(app_name: string, given: Partial<AppRecord> = {}, value = VALUE): AppRecord {
  const env_vars = { COLOUR: 'blue', TOKEN: value };
  return recordOf(app_name, { spec: specOf(app_name, { env_vars, secret_env_vars: ['TOKEN'] }), ...given });
}

/** What every store does with secrets, behind the seal that is before it. An adapter calls it in a spec of its own. */
export function describeSecrets(kind: string, create: CreateDatabase): void {
  describe(`secrets on ${kind}`, () => {
    let database: DatabaseUnderTest;
    let apps: AppStore;
    let raw: AppStore;
    const sealedBy = (...ids: string[]) => new SealingAppStore(raw, new Keyring(ids.map(testKey)));
    const storedToken = async (app_name: string) => (await raw.get(app_name))?.spec?.env_vars['TOKEN'] ?? '';

    beforeEach(async () => {
      database = await create();
      ({ apps, raw } = await database.open());
    });

    afterEach(async () => {
      await database.destroy();
    });

    it('are read as they were written, and stored sealed', async () => {
      await apps.insert(withSecret('shop'));
      const next = withSecret('shop', { revision: 2 }, `${VALUE}-2`);
      expect(await apps.get('shop')).toEqual(withSecret('shop'));
      expect(await storedToken('shop')).toMatch(/^v1:test:/);
      expect(await apps.replace(next, 1)).toBe(true);
      expect(await apps.get('shop')).toEqual(next);
      expect((await apps.list({ limit: 10 })).items).toEqual([next]);
      expect(await apps.records({ limit: 10 })).toEqual([next]);
      expect(await apps.changedSince({ updated_at: '', app_name: '' }, 10)).toEqual([next]);
      const stored = await raw.get('shop');
      expect(stored?.spec).toMatchObject({ env_vars: { COLOUR: 'blue' }, secret_env_vars: ['TOKEN'] });
      expect(JSON.stringify(stored)).not.toContain(VALUE);
    });

    it('are kept by nobody who has no key', async () => {
      const keyless = sealedBy();
      await expect(keyless.insert(withSecret('shop'))).rejects.toMatchObject({ name: 'NoSecretKeyError' });
      expect(await keyless.insert(recordOf('open'))).toBe(true);
      expect(await raw.get('shop')).toBeNull();
    });

    it('whose key is missing are masks with a reason, and never written', async () => {
      await sealedBy('lost').insert(withSecret('shop'));
      await apps.insert(withSecret('other'));
      const stored = await storedToken('shop');
      const found = await apps.get('shop');
      expect(found?.spec?.env_vars).toEqual({ COLOUR: 'blue', TOKEN: '***' });
      expect(found?.unreadable_secrets).toEqual({
        TOKEN: 'it was sealed with the key "lost", which is not configured',
      });
      if (!found) return;
      const next = { ...found, revision: 2 };
      await expect(apps.replace(next, 1)).rejects.toMatchObject({ name: 'SecretsUnreadableError' });
      expect(await storedToken('shop')).toBe(stored);
      // Others are not hindered, and new values are a way out.
      expect((await apps.list({ limit: 10 })).items[0]).toEqual(withSecret('other'));
      const anew = withSecret('shop', { ...next, spec: withSecret('shop').spec });
      expect(await apps.replace(anew, 1)).toBe(true);
      expect(await apps.get('shop')).toEqual(withSecret('shop', { revision: 2 }));
    });

    it('are not opened at another place than their own', async () => {
      await apps.insert(withSecret('shop'));
      const sealed = await storedToken('shop');
      const moved = { env_vars: { OTHER: sealed }, secret_env_vars: ['OTHER'] };
      await raw.insert(
        recordOf('thief', {
          spec: specOf('thief', { ...moved, env_vars: { TOKEN: sealed }, secret_env_vars: ['TOKEN'] }),
        }),
      );
      await raw.insert(recordOf('shop2', { spec: specOf('shop2', moved) }));
      for (const name of ['thief', 'shop2']) {
        const found = await apps.get(name);
        expect(Object.values(found?.spec?.env_vars ?? {})).toEqual(['***']);
        expect(Object.values(found?.unreadable_secrets ?? {})).toEqual([
          expect.stringContaining('changed or moved'),
        ]);
      }
    });

    it('are not taken as they stand when nobody has sealed them', async () => {
      await raw.insert(withSecret('shop'));
      expect(await apps.get('shop')).toMatchObject({
        spec: { env_vars: { TOKEN: '***' } },
        unreadable_secrets: { TOKEN: 'it is not in the form of a sealed value' },
      });
    });

    it('are sealed anew by the newest key, without a change of the app', async () => {
      const mark = { epoch: 1, revision: 3, verified_at: 5 };
      const record = withSecret('shop', { revision: 3, published: { eu: mark } });
      await sealedBy('old').insert(record);
      await sealedBy('lost').insert(withSecret('unreadable'));
      await sealedBy('new').insert(withSecret('done'));
      await raw.insert(recordOf('open'));
      await raw.insert(tombstoneOf('gone'));
      const done = await storedToken('done');
      const keyring = new Keyring([testKey('new'), testKey('old')]);
      const first = await rotateSecrets(raw, keyring);
      expect([...first.rewritten]).toEqual(['shop']);
      expect(first.unreadable).toMatchObject([{ revision: 1, error: { app_name: 'unreadable' } }]);
      expect(await storedToken('shop')).toMatch(/^v1:new:/);
      expect(await storedToken('done')).toBe(done);
      expect(await sealedBy('new').get('shop')).toEqual(record);
      expect((await rotateSecrets(raw, keyring)).rewritten.size).toBe(0);
    });

    it('of earlier revisions are sealed too, and anew, also when the app is deleted', async () => {
      const old = sealedBy('old');
      await old.insert(withSecret('shop'));
      await old.replace(withSecret('shop', { revision: 2 }, `${VALUE}-2`), 1);
      await old.replace(tombstoneOf('shop', { revision: 3 }), 2);
      const keptToken = async (revision: number) =>
        (await raw.revision('shop', revision))?.spec?.env_vars['TOKEN'];
      expect(await keptToken(1)).toMatch(/^v1:old:/);
      expect(await apps.revision('shop', 2)).toMatchObject({
        spec: { env_vars: { TOKEN: '***' } },
        unreadable_secrets: { TOKEN: expect.stringContaining('"old"') },
      });
      const { rewritten } = await rotateSecrets(raw, new Keyring([testKey('new'), testKey('old')]));
      expect([...rewritten]).toEqual(['shop']);
      for (const revision of [1, 2]) expect(await keptToken(revision)).toMatch(/^v1:new:/);
      const { published: _marks, ...second } = withSecret('shop', { revision: 2 }, `${VALUE}-2`);
      expect(await sealedBy('new').revision('shop', 2)).toEqual(second);
    });

    it('are not sealed anew over a change that came between', async () => {
      await sealedBy('old').insert(withSecret('shop'));
      const slow: AppStore = Object.create(raw, {
        rewrite: {
          value: async (record: AppRecord) => {
            await apps.replace(withSecret('shop', { revision: 2 }, 'changed-meanwhile'), 1);
            return await raw.rewrite(record);
          },
        },
      }) as AppStore;
      const keyring = new Keyring([testKey('new'), testKey('old')]);
      await rotateSecrets(slow, keyring);
      expect((await apps.get('shop'))?.spec?.env_vars['TOKEN']).toBe('changed-meanwhile');
    });

    it('are written anew in the revision that is named alone', async () => {
      await apps.insert(recordOf('shop', { revision: 2 }));
      expect(await apps.rewrite(recordOf('shop', { revision: 1 }))).toBe(false);
      expect(await apps.rewrite(recordOf('none'))).toBe(false);
      expect(await apps.rewrite(recordOf('shop', { revision: 2 }))).toBe(true);
      expect(await apps.get('shop')).toEqual(recordOf('shop', { revision: 2 }));
    });
  });
}
