import { describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { librariesOf, nodeFiles } from './node-files.mjs';

describe('librariesOf', () => {
  it.each([
    [
      'glibc: libraries, the loader, and nothing for what the kernel maps',
      '\tlinux-vdso.so.1 (0x00007ffc8f5f2000)\n' +
        '\tlibdl.so.2 => /lib/x86_64-linux-gnu/libdl.so.2 (0x00007f2d1c000000)\n' +
        '\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f2d1be00000)\n' +
        '\t/lib64/ld-linux-x86-64.so.2 (0x00007f2d1c1f4000)\n',
      ['/lib/x86_64-linux-gnu/libdl.so.2', '/lib/x86_64-linux-gnu/libc.so.6', '/lib64/ld-linux-x86-64.so.2'],
    ],
    [
      'musl: the loader is the library too',
      '\t/lib/ld-musl-x86_64.so.1 (0x7f0000000000)\n' +
        '\tlibstdc++.so.6 => /usr/lib/libstdc++.so.6 (0x7f0000100000)\n' +
        '\tlibc.musl-x86_64.so.1 => /lib/ld-musl-x86_64.so.1 (0x7f0000000000)\n',
      ['/lib/ld-musl-x86_64.so.1', '/usr/lib/libstdc++.so.6'],
    ],
    ['a static binary', '\tnot a dynamic executable\n', []],
    ['a static binary, newer words', '\tstatically linked\n', []],
  ])('reads %s', (_case, output, libraries) => {
    expect(librariesOf(output)).toEqual(libraries);
  });
});

describe('nodeFiles', () => {
  it('names files that are there', async () => {
    const { binary, files } = await nodeFiles();
    expect([binary, ...files].filter((path) => !existsSync(path))).toEqual([]);
  });
});
