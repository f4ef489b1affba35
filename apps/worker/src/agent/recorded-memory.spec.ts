import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Clock } from '../clock.js';
import type { LocalImage } from '../container-runtime/container-runtime.js';
import { ImageLedger } from '../images/image-ledger.js';
import { emptyMemory } from '../reconcile/memory.js';
import type { WorkerLog } from '../worker-log.js';
import { type KeptMemory, readMemory } from './kept-memory.js';
import { MemoryFiles } from './memory-files.js';

const FOLDER = join(import.meta.dirname, 'testing', 'fixtures');
const VERSIONS = readdirSync(FOLDER, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }));
const NEWEST = VERSIONS.at(-1) ?? '';

const recorded = (version: string, file: string): unknown =>
  JSON.parse(readFileSync(join(FOLDER, version, file), 'utf8'));

/** A line in it would mean that something was forgotten. */
const LOG = {} as WorkerLog;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-memory-'));
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

const written = async (...path: string[]): Promise<unknown> =>
  JSON.parse(await readFile(join(folder, ...path), 'utf8'));

const imageOf = (id: string): LocalImage => ({ id, names: [], size_bytes: 0, is_used: false });

async function keptIn(version: string): Promise<KeptMemory> {
  await mkdir(join(folder, 'memory'));
  await writeFile(join(folder, 'memory', 'shop.json'), JSON.stringify(recorded(version, 'memory.json')));
  const kept = (await new MemoryFiles({ state_dir: folder }, LOG).readAll()).get('shop');
  if (!kept) throw new Error('there is no memory of shop');
  return kept;
}

describe.each(VERSIONS)('what the worker of version %s has learned', (version) => {
  it('is read as it was meant', async () => {
    const { memory } = recorded(version, 'memory.json') as KeptMemory;
    const kept = await keptIn(version);
    const { good, ...rest } = memory;
    expect(kept).toMatchObject({ ...{ epoch: 2, revision: 41 }, memory: rest });
    expect(kept.memory.good).toMatchObject({ ...good });
  });

  it('of images is read as it was meant', async () => {
    const { images } = recorded(version, 'images.json') as { images: Record<string, string[]> };
    await writeFile(join(folder, 'images.json'), JSON.stringify(recorded(version, 'images.json')));
    const ledger = new ImageLedger({ state_dir: folder }, new Clock(), LOG);
    for (const [id, references] of Object.entries(images))
      expect([...(await ledger.references(id))]).toEqual(references);
  });
});

describe('this version keeps what the newest recorded one has kept; else it needs a recording of its own', () => {
  it('of an app', async () => {
    const kept = await keptIn(NEWEST);
    await new MemoryFiles({ state_dir: folder }, LOG).write('shop', kept);
    expect(await written('memory', 'shop.json')).toEqual(recorded(NEWEST, 'memory.json'));
  });

  it('with something in every part of it', () => {
    const { memory } = recorded(NEWEST, 'memory.json') as KeptMemory;
    const empty = emptyMemory();
    const names = Object.keys(empty) as (keyof typeof empty)[];
    expect(Object.keys(memory).toSorted()).toEqual(names.toSorted());
    // No pull outlives the worker.
    const same = names.filter((name) => JSON.stringify(memory[name]) === JSON.stringify(empty[name]));
    expect(same).toEqual(['late_pull']);
  });

  it('of images', async () => {
    const images = recorded(NEWEST, 'images.json') as { images: Record<string, string[]> };
    await writeFile(join(folder, 'images.json'), JSON.stringify(images));
    const ledger = new ImageLedger({ state_dir: folder }, new Clock(), LOG);
    const [forgotten = '', ...ids] = Object.keys(images.images).toReversed();
    await ledger.keepListed(() => Promise.resolve(ids.map(imageOf)));
    await ledger.written();
    const rest = structuredClone(recorded(NEWEST, 'images.json')) as Record<string, Record<string, unknown>>;
    for (const part of Object.values(rest)) delete part[forgotten];
    expect(await written('images.json')).toEqual(rest);
  });
});

it('a memory that a later version has added to is read without what it added', () => {
  const { memory, ...position } = recorded(NEWEST, 'memory.json') as KeptMemory;
  expect(readMemory({ ...position, memory: { ...memory, of_tomorrow: { a: 1 } } })).toEqual(
    readMemory({ ...position, memory }),
  );
});

it('a good version that has an image id from before the api refused it is gone back to', () => {
  const { memory, ...position } = recorded(NEWEST, 'memory.json') as KeptMemory;
  const spec = { app_name: 'shop', docker_image: `sha256:${'0a'.repeat(32)}` };
  const kept = readMemory({ ...position, memory: { ...memory, good: { ...memory.good, spec } } });
  expect(kept?.memory.good).toMatchObject({ revision: memory.good?.revision, spec });
});
