import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SEARCHED_LINES } from '../../../../libs/messaging/src/testing/searched-log.js';
import { openAppStore } from '../store/open-app-store.js';
import { Keyring } from '../store/secrets/keyring.js';
import { SealingAppStore } from '../store/secrets/sealing-app-store.js';
import { testKey } from '../store/testing/keys.js';
import { recordOf, specOf } from '../store/testing/records.js';
import { loadApiConfiguration } from './configuration.js';
import { runRotateSecrets } from './run-rotate-secrets.js';

const SECRET = { env_vars: { TOKEN: 'hunter2-to-rotate' }, secret_env_vars: ['TOKEN'] };

let folder: string;
let lines: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-rotate-'));
  lines = [];
  await writeFile(join(folder, 'conf.json'), '{}');
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

async function rotate(SECRET_KEYS: string, path = join(folder, 'nebula.db')): Promise<number> {
  const broker = { RABBIT_HOST: '127.0.0.1:1', RABBIT_USER: 'nebula-api', RABBIT_PASSWORD: 'hunter2' };
  const environment = { ...broker, SQLITE_FILE: path, SECRET_KEYS };
  const configuration = loadApiConfiguration({ environment, file: join(folder, 'conf.json') });
  return await runRotateSecrets(configuration, (line) => lines.push(line));
}

function textOf(id: string): string {
  return `${id}:${Buffer.from(testKey(id).key).toString('base64')}`;
}

/** Works on the database as an api with these keys does. */
async function withStore<T>(ids: string[], work: (store: SealingAppStore) => Promise<T>): Promise<T> {
  const inner = await openAppStore({ kind: 'sqlite', path: join(folder, 'nebula.db') }, SEARCHED_LINES);
  try {
    return await work(new SealingAppStore(inner, new Keyring(ids.map(testKey))));
  } finally {
    await inner.close();
  }
}

it('takes an old key out of use', async () => {
  const shop = recordOf('shop', { revision: 4, spec: specOf('shop', SECRET) });
  await withStore(['old'], async (store) => await store.insert(shop));
  expect(await rotate(`${textOf('new')},${textOf('old')}`)).toBe(0);
  expect(lines).toEqual([
    'shop: its secrets are sealed with the key "new" now',
    '1 apps were changed to the key "new"',
  ]);
  expect(await withStore(['new'], async (store) => await store.get('shop'))).toEqual(shop);
  expect(await rotate(textOf('new'))).toBe(0);
  expect(lines.at(-1)).toBe('0 apps were changed to the key "new"');
});

it('says what it can not read, and leaves that as it is', async () => {
  const shop = recordOf('shop', { spec: specOf('shop', SECRET) });
  await withStore(['lost'], async (store) => await store.insert(shop));
  expect(await rotate(textOf('new'))).toBe(1);
  expect(lines).toEqual([
    expect.stringMatching(
      /^revision 1: secrets of shop can not be read \("TOKEN": .* "lost", .*; they stay as they are$/,
    ),
    '0 apps were changed to the key "new"; 1 revisions have secrets that can not be read',
  ]);
  expect(await withStore(['lost'], async (store) => await store.get('shop'))).toEqual(shop);
});

it('needs a key and a database', async () => {
  await expect(rotate('')).rejects.toMatchObject({
    name: 'StartError',
    problems: [expect.stringMatching(/^secret_keys is missing: set it to a list of <id>:/)],
  });
  expect(await rotate(textOf('new'), '/dev/null/nebula.db')).toBe(1);
  expect(lines.join()).toMatch(/the database can not be used .* run this again/);
});
