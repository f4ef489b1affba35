import { chmod, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { buildGoPrograms, goMinor } from './go.mjs';

it.each([
  ['go1.24.1', 24],
  ['go1.21rc2', 21],
  ['2:1.19~1', 19],
  ['1.22.2-2', 22],
  ['', 0],
  ['2:2.0', 0],
])('of the version %j of Go, %i counts', (version, minor) => {
  expect(goMinor(version)).toBe(minor);
});

/** Makes a program of the sources in the folder that it is called in, as Go does, in two steps. */
const FAKE_GO = `#!/bin/sh
[ "$1" = build ] || { echo go1.24.0; exit 0; }
while [ "$1" != -o ]; do shift; done
grep -q broken main.go && { echo 'it does not compile'; exit 1; }
cat go.mod >"$2" && cat main.go >>"$2"
`;

describe('programs of Go', () => {
  const { PATH } = process.env;
  let folder: string;
  let into: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nebula-go-'));
    into = join(folder, 'built');
    const bin = join(folder, 'bin');
    await mkdir(bin);
    await writeFile(join(bin, 'go'), FAKE_GO);
    await chmod(join(bin, 'go'), 0o755);
    process.env['PATH'] = `${bin}:${PATH}`;
    await sources('main');
  });

  afterEach(async () => {
    process.env['PATH'] = PATH;
    await rm(folder, { recursive: true, force: true });
  });

  async function sources(text: string): Promise<void> {
    await mkdir(join(folder, 'sources'), { recursive: true });
    await writeFile(join(folder, 'sources', 'go.mod'), 'module ');
    await writeFile(join(folder, 'sources', 'main.go'), text);
  }

  async function build(): Promise<string> {
    const module = { name: 'tool', sources: join(folder, 'sources'), programs: { one: '.', two: './two' } };
    return await buildGoPrograms(module, () => undefined, into);
  }

  const left = async () => await readdir(join(into, 'tool'));

  it('that several build at the same moment are there once, and whole', async () => {
    const folders = await Promise.all([build(), build(), build()]);
    expect(new Set(folders).size).toBe(1);
    for (const program of ['one', 'two'])
      expect(await readFile(join(folders[0] ?? '', program), 'utf8')).toBe('module main');
    expect(await left()).toHaveLength(1);
  });

  it('take the place of those of other sources', async () => {
    const older = await build();
    await sources('newer');
    const newer = await build();
    expect(newer).not.toBe(older);
    expect(await readFile(join(newer, 'two'), 'utf8')).toBe('module newer');
    expect(await left()).toHaveLength(1);
  });

  it('leave nothing when they can not be built, nor what was left by who was ended long ago', async () => {
    await sources('broken');
    await expect(build()).rejects.toThrow('it does not compile');
    expect(await left()).toEqual([]);
    const yesterday = new Date(Date.now() - 90_000_000);
    await mkdir(join(into, 'tool', 'build-ended'));
    await utimes(join(into, 'tool', 'build-ended'), yesterday, yesterday);
    await mkdir(join(into, 'tool', 'build-under-way'));
    await sources('main');
    await build();
    expect((await left()).filter((name) => name.startsWith('build-'))).toEqual(['build-under-way']);
  });
});
