import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { AppFiles } from './app-files.js';

let folder: string;
let files: AppFiles;

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'nebula-files-')), 'apps');
  files = new AppFiles(folder);
  await files.open();
});

afterEach(async () => {
  await rm(join(folder, '..'), { recursive: true, force: true });
});

it('of many writes at once the last one stays, and nothing else', async () => {
  await Promise.all(
    Array.from({ length: 30 }, (_, n) => files.write('web', { n, text: 'x'.repeat(n * 1000) })),
  );
  expect(await files.readAll()).toMatchObject([{ app_name: 'web', ok: true, value: { n: 29 } }]);
  expect(await readdir(folder)).toEqual(['web.json']);
});

it('a removal that follows a write leaves nothing', async () => {
  await Promise.all([files.write('web', 1), files.remove('web')]);
  expect(await readdir(folder)).toEqual([]);
});

it('a write that fails leaves the old content and no passing file, and does not stop the next', async () => {
  await files.write('web', 'old');
  const circular: Record<string, unknown> = {};
  circular['itself'] = circular;
  await expect(files.write('web', circular)).rejects.toThrow('circular');
  expect(await readFile(join(folder, 'web.json'), 'utf8')).toBe('"old"\n');
  expect(await readdir(folder)).toEqual(['web.json']);
  await rm(folder, { recursive: true });
  await writeFile(folder, 'not a folder');
  await expect(files.write('web', 'new')).rejects.toThrow('ENOTDIR');
  await rm(folder);
  await files.write('web', 'newer');
  expect(await readFile(join(folder, 'web.json'), 'utf8')).toBe('"newer"\n');
});

it('a folder that somebody has removed is made again, for the owner alone', async () => {
  await files.write('web', 1);
  await rm(join(folder, '..'), { recursive: true });
  await Promise.all([files.write('web', 2), files.write('shop', 3)]);
  expect(await files.readAll()).toMatchObject([
    { app_name: 'shop', value: 3 },
    { app_name: 'web', value: 2 },
  ]);
  for (const made of [folder, join(folder, '..')]) expect((await stat(made)).mode & 0o777).toBe(0o700);
});

it('only files named for an app are read', async () => {
  await files.write('A.b-c_1', 1);
  for (const name of ['-x.json', '.json', 'a b.json', 'web.json.corrupt', 'note.txt']) {
    await writeFile(join(folder, name), '1');
  }
  expect(await files.readAll()).toEqual([{ app_name: 'A.b-c_1', ok: true, value: 1 }]);
});
