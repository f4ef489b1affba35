import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { madeOnce } from './made-once.mjs';

/** Begins to make something, says so, and never ends it. */
const ENDLESS = `
  const [module, ready] = process.argv.slice(1);
  const { madeOnce } = await import(module);
  await madeOnce(ready, 'tool-', () => {
    console.log('begun');
    setInterval(() => undefined, 1_000);
    return new Promise(() => undefined);
  });
`;

let folder: string;
let makers: ChildProcess[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-made-once-'));
  makers = [];
});

afterEach(async () => {
  await Promise.all(makers.map(killed));
  await rm(folder, { recursive: true, force: true });
});

async function killed(maker: ChildProcess): Promise<void> {
  if (maker.exitCode !== null || maker.signalCode !== null) return;
  const ended = once(maker, 'exit');
  maker.kill('SIGKILL');
  await ended;
}

/** Another process that is making the tool of this version. */
async function maker(version: string): Promise<ChildProcess> {
  const module = pathToFileURL(join(import.meta.dirname, 'made-once.mjs')).href;
  const child = spawn(
    process.execPath,
    ['--input-type=module', '--eval', ENDLESS, module, join(folder, version)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  makers.push(child);
  await once(child.stdout, 'data');
  return child;
}

async function make(version: string): Promise<string> {
  return await madeOnce(join(folder, version), 'tool-', async (own) => {
    await writeFile(join(own, 'unfinished'), version);
    return join(own, 'unfinished');
  });
}

const builds = async () => (await readdir(folder)).filter((name) => name.startsWith('tool-build-'));

it('removes what a killed maker has left, also where there is nothing to make, and nothing of one that lives', async () => {
  await make('tool-1');
  const first = await maker('tool-2');
  const left = await builds();
  await maker('tool-3');
  expect(await builds()).toHaveLength(2);
  await killed(first);
  expect(await builds()).toHaveLength(2);

  expect(await make('tool-1')).toBe(join(folder, 'tool-1'));
  const after = await builds();
  expect(after).toHaveLength(1);
  expect(after).not.toEqual(left);
  // Neither is it removed with what is older.
  expect(await readFile(await make('tool-4'), 'utf8')).toBe('tool-4');
  expect(await builds()).toEqual(after);
  expect((await readdir(folder)).filter((name) => !name.startsWith('tool-build-'))).toEqual(['tool-4']);
});

it('removes what a process of another machine has left only when nothing is made for so long', async () => {
  const elsewhere = [
    'tool-build-00000000-1-abcdef',
    'tool-build-00000000-4194304-abcdef',
    'tool-build-abcdef',
  ];
  for (const name of elsewhere) await mkdir(join(folder, name));
  await make('tool-1');
  expect((await builds()).sort()).toEqual([...elsewhere].sort());
  const yesterday = new Date(Date.now() - 90_000_000);
  for (const name of elsewhere) await utimes(join(folder, name), yesterday, yesterday);
  await make('tool-1');
  expect(await builds()).toEqual([]);
});
