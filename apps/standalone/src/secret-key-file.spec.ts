import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { StartError } from '@nebula/lifecycle';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { secretKeysIn } from './secret-key-file.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-keys-'));
  path = join(folder, 'secret-keys');
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

const NONE = async () => false;

const mode = async () => ((await stat(path)).mode & 0o777).toString(8);

it('is made at the first start, for its owner alone, and is the same from then on', async () => {
  const umask = process.umask(0);
  const first = await secretKeysIn(path, NONE).finally(() => process.umask(umask));
  expect(first).toHaveLength(1);
  expect(first[0]?.key).toHaveLength(32);
  expect(await mode()).toBe('600');
  expect(await readdir(folder)).toEqual(['secret-keys']);
  expect(await secretKeysIn(path, NONE)).toEqual(first);
});

it('of each machine is another one', async () => {
  const [one] = await secretKeysIn(path, NONE);
  const [other] = await secretKeysIn(`${path}-2`, NONE);
  expect(one?.key).not.toEqual(other?.key);
  expect(one?.id).not.toBe(other?.id);
});

it('can have more keys, the first of which seals', async () => {
  await secretKeysIn(path, NONE);
  const old = await readFile(path, 'utf8');
  await writeFile(path, `k2:${Buffer.alloc(32, 7).toString('base64')}\n${old}\n`);
  await chmod(path, 0o644);
  const keys = await secretKeysIn(path, NONE);
  expect(keys.map(({ id }) => id)).toEqual(['k2', old.split(':')[0]]);
  expect(await mode()).toBe('600');
});

it.each(['', '\n', 'hunter2', 'k1:aHVudGVyMg=='])(
  'holding %j ends the start and is left as it is',
  async (text) => {
    await writeFile(path, text);
    const error = await secretKeysIn(path, NONE).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StartError);
    expect(error).toMatchObject({ problems: [expect.stringMatching(/^state_dir: .*secret-keys: .*backup/)] });
    expect(JSON.stringify(error)).not.toMatch(/hunter2|aHVudGVy/);
    expect(await readFile(path, 'utf8')).toBe(text);
  },
);

it('is not made anew beside a database with secrets: the start ends with a sentence that says what to do', async () => {
  const error = await secretKeysIn(path, async () => true).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(StartError);
  expect(error).toMatchObject({
    problems: [expect.stringMatching(/^state_dir: .*secret-keys is missing, .*backup.*openssl/)],
  });
  expect(await readdir(folder)).toEqual([]);
});
