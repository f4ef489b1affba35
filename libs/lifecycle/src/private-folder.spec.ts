import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPrivateFolder } from './private-folder.js';

let base: string;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'nebula-folder-'));
});

afterEach(async () => {
  await rm(base, { recursive: true, force: true });
});

describe('openPrivateFolder', () => {
  it('makes folders for their owner alone', async () => {
    const paths = [join(base, 'state'), join(base, 'state', 'feed'), join(base, 'state', 'claims')];
    await openPrivateFolder('state_dir', paths[0]!, paths.slice(1));
    for (const path of paths) expect((await stat(path)).mode & 0o777).toBe(0o700);
  });

  it('makes the folders above it too', async () => {
    const path = join(base, 'a', 'b', 'state');
    await openPrivateFolder('state_dir', path, [join(path, 'feed')]);
    expect((await stat(join(path, 'feed'))).isDirectory()).toBe(true);
    await openPrivateFolder('state_dir', path, [join(path, 'feed')]);
  });

  it.each([
    ['below a file', () => join(base, 'file', 'state')],
    ['that is a file', () => join(base, 'file')],
    ['where the kernel lets nobody make one', () => '/proc/state/nebula'],
  ])('says which folder can not be written to: %s', async (_case, pathOf) => {
    await writeFile(join(base, 'file'), '');
    const path = pathOf();
    await expect(openPrivateFolder('state_dir', path, [])).rejects.toMatchObject({
      problems: [expect.stringMatching(new RegExp(`^state_dir: ${path} can't be written to`))],
      exitCode: 78,
    });
  });
});
