import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type DesiredStateMessage, MAX_MESSAGE_BYTES, PATTERNS } from '@nebula/contracts';
import { Logger } from '@nestjs/common';
import type { AppSelection } from '../ports.js';
import { eventually } from '../testing/eventually.js';
import { Listener } from '../testing/listener.js';
import { wanted } from '../testing/messages.js';
import { InProcessBroker } from './in-process-broker.js';
import { SEARCHED_LOG } from '../testing/searched-log.js';

const ALL: AppSelection = { kind: 'all' };

let folder: string;
let directory: string;
let broker: InProcessBroker;
const listeners: Listener<DesiredStateMessage>[] = [];

async function listen(
  selection = ALL,
  handle?: (message: DesiredStateMessage) => unknown,
): Promise<Listener<DesiredStateMessage>> {
  const strategy = broker.desiredStateStrategy(selection);
  const listener = await Listener.start<DesiredStateMessage>(PATTERNS.desiredState, strategy, handle);
  listeners.push(listener);
  return listener;
}

function revisions(listener: Listener<DesiredStateMessage>, app = 'shop'): number[] {
  return listener.received.filter(({ app_name }) => app_name === app).map(({ revision }) => revision);
}

/** A handler that waits, and the way to let it go on. */
function gate(): { wait: () => Promise<void>; open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { wait: () => opened, open };
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-feed-'));
  directory = join(folder, 'feed');
  broker = new InProcessBroker({ directory });
});

afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.close();
  Logger.overrideLogger(SEARCHED_LOG);
  await rm(folder, { recursive: true, force: true });
});

describe('delivery', () => {
  it('brings equal messages, never the same object, after the publisher has gone on', async () => {
    const listener = await listen();
    const message = wanted('shop', 1, { GREETING: 'Grüß\n\u{1F600}' });
    const published = broker.feed.publish(message);
    expect(listener.received).toEqual([]);
    await published;
    await eventually(() => expect(listener.received).toEqual([message]));
    expect(listener.received[0]).not.toBe(message);
    expect(listener.received[0]?.spec).not.toBe(message.spec);
  });

  it('brings the newest of each app to who starts later, in another process too', async () => {
    for (const revision of [1, 2, 3]) await broker.feed.publish(wanted('shop', revision));
    await broker.feed.publish(wanted('web', 7));
    const first = await listen();
    await eventually(() => expect(first.received).toHaveLength(2));
    expect(revisions(first)).toEqual([3]);
    broker = new InProcessBroker({ directory });
    const second = await listen();
    await broker.feed.publish(wanted('shop', 4));
    await eventually(() => {
      expect(revisions(second).at(-1)).toBe(4);
      expect(revisions(second, 'web')).toEqual([7]);
    });
    expect(revisions(first)).toEqual([3]);
  });

  it('brings the listed apps alone', async () => {
    await broker.feed.publish(wanted('shop', 1));
    await broker.feed.publish(wanted('web', 1));
    const listener = await listen({ kind: 'listed', apps: ['web', 'later'] });
    await broker.feed.publish(wanted('shop', 2));
    await broker.feed.publish(wanted('later', 1));
    await broker.feed.publish(wanted('web', 2));
    await eventually(() => {
      expect(revisions(listener, 'web').at(-1)).toBe(2);
      expect(revisions(listener, 'later')).toEqual([1]);
    });
    expect(revisions(listener)).toEqual([]);
  });

  it('keeps the order of an app, and leaves out what is older than the newest that waits', async () => {
    const { wait, open } = gate();
    const listener = await listen(ALL, ({ revision }) => (revision === 1 ? wait() : undefined));
    await broker.feed.publish(wanted('shop', 1));
    await eventually(() => expect(revisions(listener)).toEqual([1]));
    for (let revision = 2; revision <= 9; revision += 1) await broker.feed.publish(wanted('shop', revision));
    open();
    await eventually(() => expect(revisions(listener)).toEqual([1, 9]));
  });

  it('calls a handler again only when it has ended', async () => {
    let inside = 0;
    let most = 0;
    const listener = await listen(ALL, async () => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setTimeout(resolve, 2));
      inside -= 1;
    });
    for (let revision = 1; revision <= 30; revision += 1) await broker.feed.publish(wanted('shop', revision));
    await eventually(() => expect(revisions(listener).at(-1)).toBe(30));
    expect(most).toBe(1);
    expect(revisions(listener)).toEqual([...revisions(listener)].sort((a, b) => a - b));
  });

  it("of one app doesn't wait for another", async () => {
    const { wait, open } = gate();
    const listener = await listen(ALL, ({ app_name }) => (app_name === 'slow' ? wait() : undefined));
    await broker.feed.publish(wanted('slow', 1));
    await broker.feed.publish(wanted('shop', 1));
    await eventually(() => expect(revisions(listener)).toEqual([1]));
    open();
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    ['rejects', () => Promise.reject(new Error('broken'))],
  ])('goes on after a handler that %s, and says so', async (_how, fail) => {
    const listener = await listen(ALL, ({ revision }) => (revision === 1 ? fail() : undefined));
    await broker.feed.publish(wanted('shop', 1));
    await eventually(() => expect(listener.problems.join()).toContain('could not be handled'));
    await broker.feed.publish(wanted('shop', 2));
    await eventually(() => expect(revisions(listener)).toEqual([1, 2]));
  });

  it('ends with the microservice', async () => {
    const listener = await listen();
    await listener.close();
    await listener.close();
    await broker.feed.publish(wanted('shop', 1));
    const later = await listen();
    await eventually(() => expect(revisions(later)).toEqual([1]));
    expect(listener.received).toEqual([]);
  });
});

describe('the retained message', () => {
  const file = (app = 'shop') => join(directory, `${app}.json`);

  it('is the last that was published, whatever its position', async () => {
    expect(await broker.feed.readNewest('shop')).toBeNull();
    await Promise.all([3, 1, 2].map((revision) => broker.feed.publish(wanted('shop', revision))));
    expect(await broker.feed.readNewest('shop')).toEqual(wanted('shop', 2));
    expect(await new InProcessBroker({ directory }).feed.readNewest('shop')).toEqual(wanted('shop', 2));
    expect(await broker.feed.readNewest('web')).toBeNull();
  });

  it('is for the owner alone, and nothing is left beside it', async () => {
    const umask = process.umask(0);
    try {
      await broker.feed.publish(wanted('shop', 1));
    } finally {
      process.umask(umask);
    }
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    expect(await readdir(directory)).toEqual(['shop.json']);
  });

  it('that was deleted is missed at once', async () => {
    await broker.feed.publish(wanted('shop', 1));
    await rm(directory, { recursive: true });
    expect(await broker.feed.readNewest('shop')).toBeNull();
    await broker.feed.publish(wanted('shop', 1));
    expect(await broker.feed.readNewest('shop')).toEqual(wanted('shop', 1));
  });

  it.each<[string, (text: string) => string]>([
    ['is empty', () => ''],
    ['is cut', (text) => text.slice(0, -20)],
    ['has another digest', (text) => text.replace('hunter2', 'hunter3')],
    ['is no object', () => '[1]'],
  ])('that %s counts as none, with a warning that shows no secret', async (_how, damage) => {
    await broker.feed.publish(wanted('shop', 1, { PASSWORD: 'hunter2' }));
    await writeFile(file(), damage(await readFile(file(), 'utf8')));
    const listener = await listen();
    expect(await broker.feed.readNewest('shop')).toBeNull();
    expect(listener.problems.join()).toContain('of no use');
    expect(listener.problems.join()).not.toMatch(/hunter/);
    await broker.feed.publish(wanted('shop', 1));
    expect(await broker.feed.readNewest('shop')).toEqual(wanted('shop', 1));
    await eventually(() => expect(listener.received.at(-1)).toEqual(wanted('shop', 1)));
  });

  it("isn't mixed up with what an interrupted write has left", async () => {
    await broker.feed.publish(wanted('shop', 1));
    await writeFile(join(directory, '.shop.tmp'), '{"half":');
    const listener = await listen();
    await eventually(() => expect(revisions(listener)).toEqual([1]));
    await broker.feed.publish(wanted('shop', 2));
    expect(await readdir(directory)).toEqual(['shop.json']);
    expect(listener.problems).toEqual([]);
  });

  it('stays when a larger message than can be sent is refused', async () => {
    const listener = await listen();
    await broker.feed.publish(wanted('shop', 1));
    const envelope = JSON.stringify(wanted('shop', 2, { X: '' })).length;
    const sized = (bytes: number) => wanted('shop', 2, { X: 'x'.repeat(bytes - envelope) });
    await expect(broker.feed.publish(sized(MAX_MESSAGE_BYTES + 1))).rejects.toThrow(
      `has ${MAX_MESSAGE_BYTES + 1} bytes; at most ${MAX_MESSAGE_BYTES} can be sent`,
    );
    expect(await broker.feed.readNewest('shop')).toEqual(wanted('shop', 1));
    await broker.feed.publish(sized(MAX_MESSAGE_BYTES));
    await eventually(() => expect(revisions(listener)).toEqual([1, 2]));
  });

  it('never lies outside its folder', async () => {
    for (const name of ['../shop', 'a/b', '.shop', '']) {
      await expect(broker.feed.publish(wanted(name, 1))).rejects.toThrow('is no name of an app');
      await expect(broker.feed.readNewest(name)).rejects.toThrow('is no name of an app');
    }
    expect(await readdir(folder)).not.toContain('shop.json');
  });
});

it("a folder that can't be written to is a problem until it can", async () => {
  const listener = await listen();
  await writeFile(directory, 'in the way');
  await expect(broker.feed.publish(wanted('shop', 1))).rejects.toThrow(/EEXIST|ENOTDIR/);
  expect(broker.feed.problem()).toMatch(/EEXIST|ENOTDIR/);
  expect(listener.received).toEqual([]);
  await rm(directory);
  await broker.feed.publish(wanted('shop', 1));
  expect(broker.feed.problem()).toBeNull();
  await eventually(() => expect(revisions(listener)).toEqual([1]));
});

it('closing waits for what is being written, so that the folder can be given away', async () => {
  const messages = Array.from({ length: 20 }, (_, number) => wanted(`app-${number % 4}`, number + 1));
  const publishing = messages.map((message) => broker.feed.publish(message));
  await broker.feed.close();
  const files = await readdir(directory);
  expect(files.sort()).toEqual([0, 1, 2, 3].map((number) => `app-${number}.json`));
  for (const [number, file] of files.entries()) {
    expect(JSON.parse(await readFile(join(directory, file), 'utf8'))).toEqual(messages[16 + number]);
  }
  await Promise.all(publishing);
});
