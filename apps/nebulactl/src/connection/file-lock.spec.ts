import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const fault = (code: string) => Object.assign(new Error(code), { code });
let beforeRename: () => void;
let isReadable: boolean;
let isFull: boolean;

jest.unstable_mockModule('node:fs', () => ({
  ...fs,
  renameSync: (from: string, to: string) => {
    beforeRename();
    fs.renameSync(from, to);
  },
  readFileSync: (path: string) => {
    if (!isReadable) throw fault('EACCES');
    return fs.readFileSync(path, 'utf8');
  },
  writeFileSync: (...args: Parameters<typeof fs.writeFileSync>) => {
    fs.writeFileSync(args[0], isFull ? '' : args[1], args[2]);
    if (isFull) throw fault('ENOSPC');
  },
}));
const { takeLock } = await import('./file-lock.js');

let folder: string;
let path: string;
beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'nebulactl-lock-'));
  path = join(folder, 'lock');
  [beforeRename, isReadable, isFull] = [() => undefined, true, false];
});
afterEach(() => {
  fs.rmSync(folder, { recursive: true, force: true });
});

it('leaves the lock of another who was faster to take that of a dead one', async () => {
  fs.writeFileSync(path, 'dead');
  let faster = '';
  beforeRename = () => {
    beforeRename = () => {
      faster = fs.readFileSync(path, 'utf8');
    };
    fs.writeFileSync(path, 'of another');
  };
  (await takeLock(path, 30))();
  expect(faster).toBe('of another');
  expect(fs.readdirSync(folder)).toEqual([]);
});

it('leaves none where the disk is full', async () => {
  isFull = true;
  await expect(takeLock(path, 30)).rejects.toMatchObject({ code: 'ENOSPC' });
  expect(fs.readdirSync(folder)).toEqual([]);
});

it('takes one that may not be read for that of a dead one after a while, too', async () => {
  fs.writeFileSync(path, 'unseen');
  isReadable = false;
  const release = await takeLock(path, 30);
  isReadable = true;
  release();
  expect(fs.readdirSync(folder)).toEqual([]);
});
