import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { InProcessBroker } from '@nebula/messaging';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiOptions } from '../api-options.js';
import { Clock } from '../clock.js';
import { Publisher } from '../publishing/publisher.js';
import { FleetStore } from '../store/fleet-store.js';
import { testKey } from '../store/testing/keys.js';
import { appOn, recordOf, workerOf } from '../store/testing/records.js';
import { ApiUnderTest } from '../testing/api-under-test.js';
import type { CheckName, CheckOutcome, Diagnosis } from './diagnosis.js';

let folder: string;
let broker: InProcessBroker;
let api: ApiUnderTest;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-diagnostics-'));
  broker = new InProcessBroker({ directory: join(folder, 'feed') });
});

afterEach(async () => {
  await api.stop();
  await rm(folder, { recursive: true, force: true });
});

async function start(given: Partial<ApiOptions> = {}): Promise<void> {
  const reports = Object.assign(broker.reportStrategy(), { listenedMs: () => 86_400_000 });
  api = await ApiUnderTest.start({ feeds: [], reports, version: '4.0.0', ...given });
}

async function check(name: CheckName): Promise<CheckOutcome> {
  const { status, body } = await api.call('GET', '/diagnostics');
  expect(status).toBe(200);
  const found = (body as Diagnosis).checks.find((one) => one.name === name);
  if (!found) throw new Error(`there is no check ${name}`);
  return found;
}

async function keep(...workers: ReturnType<typeof workerOf>[]): Promise<void> {
  await api.api.get(FleetStore).saveWorkers(workers.map((after) => ({ before: null, after })));
}

/** They begin with 10, so that they sort as they count. */
function names(kind: string, length = 25): string[] {
  return Array.from({ length }, (_, index) => `${kind}-${10 + index}`);
}

/** Every page that a method reads takes so long, milliseconds. */
function slow<Name extends string>(
  store: Record<Name, (...args: never[]) => Promise<unknown>>,
  name: Name,
  took: number,
): void {
  const [clock, read] = [api.api.get(Clock), store[name].bind(store)];
  let late = 0;
  clock.elapsed = () => performance.now() + late;
  store[name] = async (...args) => {
    const page = await read(...args);
    late += took;
    return page;
  };
}

/** The finding behind those of the first few. */
async function behindTheFirst(name: CheckName): Promise<string | undefined> {
  const { findings } = await check(name);
  expect(findings).toHaveLength(21);
  expect(findings.map(({ about }) => about).indexOf(null)).toBe(20);
  return findings.at(-1)?.problem;
}

describe('the diagnostics of much that is wrong', () => {
  it('name the first of many orphans and failed apps, and say that there are more', async () => {
    await start();
    for (const name of names('app')) await api.store.insert(recordOf(name));
    await keep(
      workerOf('w1', {
        last_seen_at: Date.now(),
        apps: names('app').flatMap((name) => [
          appOn(name, { state: 'failed', error_step: 'pull' }),
          appOn(name.replace('app', 'ghost')),
        ]),
      }),
    );
    expect(await behindTheFirst('apps')).toBe('5 more apps failed on workers.');
    expect(await behindTheFirst('orphans')).toBe('There are more of them.');
  });

  it('name the first of many silent workers, and say how many more there are', async () => {
    await start();
    await keep(
      workerOf('heard', { last_seen_at: Date.now() }),
      ...names('w').map((id) => workerOf(id, { last_seen_at: Date.now() - 600_000 })),
    );
    expect(await behindTheFirst('workers')).toBe('5 more workers are silent.');
  });

  it('name the first of many ids that two workers have, and say how many more there are', async () => {
    await start();
    const now = Date.now();
    await keep(
      ...names('w').map((id) => workerOf(id, { last_seen_at: now, duplicate: { since: now, seen_at: now } })),
    );
    expect(await behindTheFirst('workers')).toBe('Two workers each report under 5 more ids.');
  });

  it('name the first of many apps whose secrets nobody can read, and say how many more there are', async () => {
    const store = { kind: 'sqlite', path: join(folder, 'nebula.db') } as const;
    await start({ store, secret_keys: [testKey('one')] });
    for (const name of names('app'))
      await api.create(name, { secret_env_vars: ['KEY', 'PIN'], env_vars: { KEY: 'v4lue', PIN: 'v4lue' } });
    await api.stop();
    await start({ store, secret_keys: [testKey('two')] });
    expect(await behindTheFirst('secrets')).toBe('5 more apps have values that can not be read.');
    const [first] = (await check('secrets')).findings;
    expect(first?.problem).toMatch(/^The value of KEY can not be read \(.*\), nor can those of 1 more, so/);
  });

  it('say how many streams were not read, when too many are not right', async () => {
    await start();
    for (const name of names('app', 40)) await api.store.insert(recordOf(name));
    Object.defineProperty(api.api.get(Publisher), 'feeds', { value: [broker.feed] });
    const { findings, summary } = await check('streams');
    // Some are read at a time.
    const named = findings.filter(({ about }) => about !== null).length;
    expect(named).toBeGreaterThanOrEqual(20);
    expect(summary).toBe(`${named} of 40 streams were read and compared`);
    expect(findings.slice(named)).toMatchObject([
      { about: null, problem: `So many are not right that ${40 - named} more streams were not read.` },
    ]);
  });
});

describe('the diagnostics of a fleet that takes long to read', () => {
  it('say that a part of the workers was looked at', async () => {
    await start();
    for (const name of ['right', 'shop']) await api.store.insert(recordOf(name));
    const failed = appOn('shop', { state: 'failed', error_step: 'pull' });
    const workers = Array.from({ length: 1_001 }, (_, index) =>
      workerOf(`w${index}`, { last_seen_at: Date.now(), apps: index < 2 ? [failed] : [appOn('right')] }),
    );
    await keep(...workers.slice(0, 1_000));
    await keep(...workers.slice(1_000));
    slow(api.api.get(FleetStore), 'workerPage', 9_000);
    expect(await check('versions')).toMatchObject({
      summary: 'api 4.0.0; workers 1000 × 3.0.0, and there are more workers that were not looked at',
      findings: [{ problem: 'At least 1000 workers are of the version 3.0.0, the api of 4.0.0.' }],
    });
    expect(await check('workers')).toMatchObject({
      summary: '1000 workers were looked at, and there are more, 0 are silent',
    });
    expect(await check('apps')).toMatchObject({
      summary:
        '2 apps were looked at, 1 failed on workers of the 1000 that were looked at, and there are more',
      findings: [{ about: 'shop', problem: 'It failed on at least 2 workers.' }],
    });
  });

  it('say that a part of the apps was looked at', async () => {
    await start();
    for (let index = 0; index < 201; index += 1) await api.store.insert(recordOf(`app-${index}`));
    Object.defineProperty(api.api.get(Publisher), 'feeds', { value: [broker.feed] });
    slow(api.store, 'records', 11_000);
    expect((await check('secrets')).summary).toBe('200 apps were looked at, and there are more');
    expect((await check('streams')).summary).toBe('0 of more than 200 streams were read and compared');
  });
});
