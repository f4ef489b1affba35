import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { tar } from './tar.mjs';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-tar-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('an archive', () => {
  it('is unpacked by tar as it was meant', async () => {
    const content = Buffer.from(Array.from({ length: 1500 }, (_, n) => n % 256));
    const archive = join(folder, 'a.tar');
    await writeFile(
      archive,
      tar([
        { path: 'bin/' },
        { path: 'bin/run', mode: 0o755, content },
        { path: 'bin/link', link: 'run' },
        { path: 'text', content: 'x'.repeat(512) },
        { path: 'empty' },
      ]),
    );
    execFileSync('tar', ['-xf', archive, '-C', folder]);
    expect(await readFile(join(folder, 'bin/run'))).toEqual(content);
    expect((await stat(join(folder, 'bin/run'))).mode & 0o777).toBe(0o755);
    expect(await readlink(join(folder, 'bin/link'))).toBe('run');
    expect(await readFile(join(folder, 'text'), 'utf8')).toBe('x'.repeat(512));
    expect(await readFile(join(folder, 'empty'), 'utf8')).toBe('');
  });

  it('refuses a path that its header has no room for', () => {
    expect(() => tar([{ path: 'x'.repeat(101) }])).toThrow('100 bytes');
  });
});
