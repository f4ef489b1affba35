import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { setImmediate as turn } from 'node:timers/promises';
import { Clock } from '../clock.js';
import type { RuntimeEvent } from '../container-runtime/container-runtime.js';
import { WorkerLog } from '../worker-log.js';
import { EngineWatch } from './engine-watch.js';
import type { RunnerParts } from './runner-parts.js';
import { EventStream } from './testing/event-stream.js';
import { KeptLog } from './testing/kept-log.js';

/** Nothing has to wait. */
class LuckyClock extends Clock {
  override random(): number {
    return 0;
  }
}

let events: EventStream;
/** How the next stream of events ends at once; null for one that goes on. */
let broken: Error | null;
/** What the watch has brought about, in its order. */
let done: string[];
let logger: KeptLog;
let collector: { isShort: boolean; collect: () => Promise<void> };
let engine: { latest: object | null; forget: () => void; facts: () => Promise<void> };
let watch: EngineWatch;

beforeEach(async () => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
  events = new EventStream();
  broken = null;
  done = [];
  logger = new KeptLog();
  const note = (what: string) => void done.push(what);
  collector = { isShort: false, collect: async () => note('collect') };
  engine = { latest: {}, forget: () => note('forget facts'), facts: async () => note('ask facts') };
  const runtime = {
    problem: async () => 'the socket is missing',
    events: (_scope: string, signal: AbortSignal) => read(signal),
  };
  const reporter = { again: () => note('report again') };
  const log = new WorkerLog({ logger });
  const parts = { scope: 'default', runtime, engine, reporter, clock: new LuckyClock(), log };
  watch = new EngineWatch(
    parts as unknown as RunnerParts,
    collector,
    { gone: async (id) => note(`gone ${id ?? 'some'}`) },
    {
      connected: () => note('connected'),
      missed: () => note('missed'),
      found: (app) => note(`found ${app}`),
      freed: () => note('freed'),
    },
  );
});

afterEach(async () => {
  await watch.stop();
  jest.useRealTimers();
});

async function* read(signal: AbortSignal): AsyncGenerator<RuntimeEvent> {
  const error = broken;
  broken = null;
  if (error) throw error;
  yield* events.read(signal);
}

async function settle(): Promise<void> {
  for (let count = 0; count < 5; count += 1) await turn();
}

/** What an event brings about by itself, once the engine is there. */
async function after(event: Partial<RuntimeEvent> & { action: string }): Promise<string[]> {
  done = [];
  events.emit({ app_name: null, ...event });
  await settle();
  return done;
}

async function start(): Promise<void> {
  watch.start();
  await settle();
}

it('an engine that is there is asked anew about itself, which is reported', async () => {
  await start();
  expect(done).toEqual(['forget facts', 'ask facts', 'connected', 'report again']);
});

it('says why an engine does not answer, and asks one that was never there about itself', async () => {
  await start();
  expect(await after({ action: 'lost' })).toEqual([]);
  expect(logger.lines.at(-1)).toMatchObject({ level: 'warn', fields: { reason: 'the socket is missing' } });
  engine.latest = null;
  expect(await after({ action: 'lost' })).toEqual(['ask facts', 'report again']);
});

it('an engine that is lost is missed once, and not where it is soon back', async () => {
  await start();
  await after({ action: 'lost' });
  jest.advanceTimersByTime(1_999);
  expect(done).toEqual([]);
  jest.advanceTimersByTime(60_000);
  expect(done).toEqual(['missed']);
  await after({ action: 'lost' });
  await after({ action: 'connected' });
  jest.advanceTimersByTime(60_000);
  expect(done).not.toContain('missed');
});

it('an engine that does not tell about itself is reported, too', async () => {
  engine.facts = () => Promise.reject(new Error('away'));
  await start();
  expect(done).toEqual(['forget facts', 'connected', 'report again']);
});

it.each([
  ['start', ['found shop']],
  ['die', ['found shop', 'freed']],
])('tells the app of a container with %s', async (action, told) => {
  await start();
  expect(await after({ action, app_name: 'shop' })).toEqual(told);
});

it.each(['destroy', 'die', 'disconnect', 'rename'])(
  'what a stranger frees with %s is told at once and twice later, however often it comes',
  async (action) => {
    await start();
    expect(await after({ action })).toEqual(['freed']);
    expect(await after({ action })).toEqual(['freed']);
    done = [];
    jest.advanceTimersByTime(499);
    expect(done).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(done).toEqual(['freed']);
    jest.advanceTimersByTime(60_000);
    expect(done).toEqual(['freed', 'freed']);
  },
);

it('tells nothing of a stranger that frees nothing', async () => {
  await start();
  expect(await after({ action: 'start' })).toEqual([]);
  jest.advanceTimersByTime(60_000);
  expect(done).toEqual([]);
});

it('a container that is removed is a reason to make room only where there is none', async () => {
  await start();
  expect(await after({ action: 'destroy' })).toEqual(['freed']);
  collector.isShort = true;
  expect(await after({ action: 'destroy' })).toEqual(['collect', 'freed']);
});

it('tells which image is gone', async () => {
  await start();
  expect(await after({ action: 'delete', image_id: 'sha256:1' })).toEqual(['gone sha256:1']);
  expect(await after({ action: 'delete' })).toEqual(['gone some']);
});

it('goes on after the events have ended with an error', async () => {
  broken = new Error('unreadable');
  watch.start();
  while (!done.includes('connected')) await turn();
  expect(logger.text).toContain('unreadable');
  expect(await after({ action: 'start', app_name: 'shop' })).toEqual(['found shop']);
});

it('once it is stopped it tells nothing more, later looks included', async () => {
  await start();
  await after({ action: 'die' });
  await after({ action: 'lost' });
  await watch.stop();
  expect(await after({ action: 'die' })).toEqual([]);
  jest.advanceTimersByTime(60_000);
  expect(done).toEqual([]);
});
