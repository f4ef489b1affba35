import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SEARCHED_LINES } from '../../../../libs/messaging/src/testing/searched-log.js';
import { openAppStore } from '../store/open-app-store.js';
import { Keyring } from '../store/secrets/keyring.js';
import { SealingAppStore } from '../store/secrets/sealing-app-store.js';
import type { SecretKey } from '../store/secrets/secret-key.js';
import { testKey } from '../store/testing/keys.js';
import { recordOf, specOf } from '../store/testing/records.js';
import { loadRestoreConfiguration, loadStoreConfiguration, runBackup, runRestore } from './run-backup.js';

const SECRET = { env_vars: { TOKEN: 'hunter2-in-a-backup' }, secret_env_vars: ['TOKEN'] };
const OLD = testKey('old');
const NEW = testKey('new');
/** A new key that somebody has given the id of the old one. */
const OTHER = { ...testKey('other'), id: 'old' };

let folder: string;
let file: string;
let lines: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-restore-keys-'));
  lines = [];
  file = join(folder, 'nebula.backup');
  await writeFile(join(folder, 'conf.json'), '{}');
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

const say = (line: string) => void lines.push(line);

const sources = (name: string, keys: readonly SecretKey[] = []) => ({
  environment: { SQLITE_FILE: join(folder, name), SECRET_KEYS: keys.map(textOf).join() },
  file: join(folder, 'conf.json'),
});

function textOf({ id, key }: SecretKey): string {
  return `${id}:${Buffer.from(key).toString('base64')}`;
}

/** Works on a database as an api with these keys does. */
async function withStore<T>(
  name: string,
  keys: readonly SecretKey[],
  work: (store: SealingAppStore) => Promise<T>,
): Promise<T> {
  const inner = await openAppStore({ kind: 'sqlite', path: join(folder, name) }, SEARCHED_LINES);
  try {
    return await work(new SealingAppStore(inner, new Keyring(keys)));
  } finally {
    await inner.close();
  }
}

/** Restores with these keys. What is said before the end of the check is left out. */
async function restore(keys: readonly SecretKey[], withoutKeys = false): Promise<number> {
  lines = [];
  const configuration = loadRestoreConfiguration(sources('restored.db', keys));
  const code = await runRestore(configuration, file, { say, withoutKeys });
  expect(lines.shift()).toContain('is a whole backup');
  return code;
}

const shop = recordOf('shop', { revision: 2, spec: specOf('shop', SECRET) });
beforeEach(async () => {
  await withStore('nebula.db', [OLD], async (store) => {
    await store.insert(recordOf('shop', { spec: specOf('shop', SECRET) }));
    await store.replace(shop, 1);
    await store.insert(recordOf('web', { spec: specOf('web', SECRET) }));
    await store.insert(recordOf('open'));
  });
  expect(await runBackup(loadStoreConfiguration(sources('nebula.db')), file, say)).toBe(0);
});

describe('a backup with secrets', () => {
  it('is restored with the keys that it was made under, which an app has then', async () => {
    expect(await restore([NEW, OLD])).toBe(0);
    expect(lines).toEqual([expect.stringMatching(/^restored: 3 apps/)]);
    const found = await withStore('restored.db', [NEW, OLD], async (store) => await store.get('shop'));
    expect(found).toEqual({ ...shop, published: {} });
  });

  it.each([
    ['no key', [], 'it was sealed with the key "old", which is not configured'],
    ['another key', [NEW], 'it was sealed with the key "old", which is not configured'],
    [
      'another key of the same id',
      [NEW, OTHER],
      'it was changed or moved in the database, or the key "old" is another one than then',
    ],
  ])('is refused with %s, before anything is changed', async (_what, keys, reason) => {
    expect(await restore(keys)).toBe(1);
    expect(lines).toEqual([
      `secrets of shop, web: ${reason}`,
      "nothing was restored, since apps whose secrets can't be read would not be sent out: add the keys of the time of the backup to secret_keys, behind those that are there, or restore all the same with --without-keys behind the file",
    ]);
    expect(existsSync(join(folder, 'restored.db'))).toBe(false);
  });

  it('is restored without its keys for who wants that, and is whole when they are found', async () => {
    expect(await restore([NEW], true)).toBe(0);
    expect(lines).toEqual([
      'secrets of shop, web: it was sealed with the key "old", which is not configured',
      'those apps are not sent out until the apis have these keys, or the apps new values; their containers go on',
      expect.stringMatching(/^restored: 3 apps/),
    ]);
    const found = await withStore('restored.db', [OLD], async (store) => await store.get('shop'));
    expect(found).toEqual({ ...shop, published: {} });
  });

  it('is restored when earlier revisions alone have a key that is missing, and says so', async () => {
    await withStore('nebula.db', [NEW, OLD], async (store) => {
      await store.replace(recordOf('shop', { revision: 3, spec: specOf('shop', SECRET) }), 2);
      await store.replace(recordOf('web', { revision: 2 }), 1);
    });
    await rm(file);
    expect(await runBackup(loadStoreConfiguration(sources('nebula.db')), file, say)).toBe(0);
    expect(await restore([NEW])).toBe(0);
    expect(lines).toEqual([
      'secrets of earlier revisions of shop, web: it was sealed with the key "old", which is not configured; the apps can\'t go back to those',
      expect.stringMatching(/^restored: 3 apps/),
    ]);
    const found = await withStore('restored.db', [NEW], async (store) => await store.get('shop'));
    expect(found?.spec).toEqual(specOf('shop', SECRET));
  });

  it('is refused for its apps, and tells of earlier revisions beside them, when both lack keys', async () => {
    await withStore('nebula.db', [NEW, OLD], async (store) => {
      await store.replace(recordOf('shop', { revision: 3, spec: specOf('shop', SECRET) }), 2);
    });
    await rm(file);
    expect(await runBackup(loadStoreConfiguration(sources('nebula.db')), file, say)).toBe(0);
    expect(await restore([])).toBe(1);
    expect(lines).toEqual([
      'secrets of earlier revisions of shop: it was sealed with the key "old", which is not configured; the apps can\'t go back to those',
      'secrets of shop: it was sealed with the key "new", which is not configured',
      'secrets of web: it was sealed with the key "old", which is not configured',
      expect.stringMatching(/^nothing was restored/),
    ]);
  });
});

it('a key that is none ends a restore before it reads anything', () => {
  const { environment, file: conf } = sources('restored.db');
  const wrong = { environment: { ...environment, SECRET_KEYS: 'k1:short' }, file: conf };
  expect(() => loadRestoreConfiguration(wrong)).toThrow(/secret_keys: item 1 must be/);
});
