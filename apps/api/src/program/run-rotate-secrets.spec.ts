import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SEARCHED_LINES } from '../../../../libs/messaging/src/testing/searched-log.js';
import { openAppStore } from '../store/open-app-store.js';
import { Keyring } from '../store/secrets/keyring.js';
import { SealingAppStore } from '../store/secrets/sealing-app-store.js';
import { MIGRATIONS } from '../store/sqlite/schema.js';
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

it('leaves a database of an older version as it is, which may be in use by that, and makes none', async () => {
  const path = join(folder, 'older.db');
  const older = new DatabaseSync(path);
  older.exec('PRAGMA journal_mode = WAL');
  for (const step of MIGRATIONS.slice(0, -1)) older.exec(step);
  older.exec(`PRAGMA user_version = ${MIGRATIONS.length - 1}`);
  older.close();
  const before = await readFile(path);
  expect(await rotate(textOf('new'), path)).toBe(1);
  expect(lines).toEqual([
    expect.stringMatching(/was written by an older version of the program .* run the command of the version/),
  ]);
  expect((await readFile(path)).equals(before)).toBe(true);
  expect(await rotate(textOf('new'), join(folder, 'missing.db'))).toBe(1);
  expect(lines.at(-1)).toBe(
    `the database can not be used (there is no ${join(folder, 'missing.db')}); run this again when it can`,
  );
  expect((await readdir(folder)).sort()).toEqual(['conf.json', 'older.db']);
});
