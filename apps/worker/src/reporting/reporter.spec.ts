import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { WorkerMessage } from '@nebula/contracts';
import type { EngineFactsCache } from '../agent/engine-facts-cache.js';
import { KeptLog } from '../agent/testing/kept-log.js';
import { Clock } from '../clock.js';
import { WorkerLog } from '../worker-log.js';
import { ReportSender } from './report-sender.js';
import { Heartbeats } from './heartbeats.js';
import { Reporter } from './reporter.js';

/** Chance says what it is told. */
class LoadedClock extends Clock {
  constructor(private readonly chance: number) {
    super();
  }

  override random(): number {
    return this.chance;
  }
}

const FACTS = {
  ...{ engine_id: 'e1', hostname: 'box', engine_version: '28.0', architecture: 'x86_64', image_folder: null },
  ...{ cores: 2, memory_bytes: 1_024, swap_limit: true, can_update: true, can_check: true },
  ...{ is_podman: false, machine: 'm' },
};
const INTERVAL_SECONDS = 60;
/** Two chances that bound all others. */
const LEAST = 0;
const MOST = 1;
/** The interval is as long as it is called. */
const MIDDLE = 0.5;

let messages: WorkerMessage[];
let reporter: Reporter;

beforeEach(() => {
  jest.useFakeTimers();
  messages = [];
});

afterEach(() => {
  reporter.close();
  jest.useRealTimers();
});

function start(chance: number): void {
  const clock = new LoadedClock(chance);
  const reports = { publish: (message: WorkerMessage) => void messages.push(message) };
  const engine = { latest: FACTS, told: FACTS } as unknown as EngineFactsCache;
  const log = new WorkerLog({ logger: new KeptLog() });
  const sender = new ReportSender({ reports, version: '3.0.0' }, engine, log);
  const selection = { kind: 'listed', apps: ['web'] } as const;
  const options = { report_interval_seconds: INTERVAL_SECONDS, selection };
  reporter = new Reporter(sender, new Heartbeats(options, sender, clock), clock);
}

/** What a runner tells of an app. */
function tell(revision: number, app = 'web', message = ''): void {
  const about = { epoch: 1, revision, deleted: false, state: 'converging' } as const;
  const error = message === '' ? null : { step: 'pull', message, at: 0, retry_at: null };
  reporter.snapshot(app, { ...about, containers: [], unhealthy_restarts: {}, error });
}

/** Tells of so many apps, and lets that be reported. */
function tellOf(count: number, message = ''): void {
  for (let n = 1; n <= count; n += 1) tell(1, `app-${n}`, message);
  jest.advanceTimersByTime(1_000);
}

/** Which apps are reported with each of the next heartbeats. */
function withBeats(count: number): string[][] {
  return Array.from({ length: count }, () => {
    messages = [];
    jest.advanceTimersByTime(INTERVAL_SECONDS * 1_000);
    return reported().map(([app]) => String(app));
  });
}

const reported = () =>
  messages.flatMap((message) => (message.kind === 'report' ? [[message.app_name, message.revision]] : []));
const beats = () => messages.filter(({ kind }) => kind === 'heartbeat').length;

describe('changes of an app', () => {
  it.each([
    [LEAST, 20],
    [MOST, 100],
  ])('at once make one report of the newest, where chance is %d after %d ms', (chance, delay) => {
    start(chance);
    for (let revision = 1; revision <= 20; revision += 1) tell(revision);
    jest.advanceTimersByTime(delay - 1);
    expect(reported()).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(reported()).toEqual([['web', 20]]);
    jest.advanceTimersByTime(10_000);
    expect(reported()).toEqual([['web', 20]]);
  });

  it('that go on hold no report up', () => {
    start(MOST);
    for (let revision = 1; revision <= 20; revision += 1) {
      tell(revision);
      jest.advanceTimersByTime(50);
    }
    // Each has what came within 100 ms of the first one after the report before.
    expect(reported()).toHaveLength(10);
  });

  it('make a report for each app', () => {
    start(LEAST);
    for (const app of ['web', 'shop']) for (const revision of [1, 2]) tell(revision, app);
    jest.advanceTimersByTime(20);
    expect(reported()).toEqual([
      ['web', 2],
      ['shop', 2],
    ]);
  });
});

describe('heartbeats', () => {
  it.each([
    [LEAST, 100, 54_000],
    [MOST, 200, 66_000],
  ])(
    'where chance is %d the first comes after %d ms, and the next after %d ms',
    (chance, first, interval) => {
      start(chance);
      reporter.start();
      jest.advanceTimersByTime(first - 1);
      expect(beats()).toBe(0);
      jest.advanceTimersByTime(1);
      expect(beats()).toBe(1);
      jest.advanceTimersByTime(interval - first - 1);
      expect(beats()).toBe(1);
      jest.advanceTimersByTime(1);
      expect(beats()).toBe(2);
      jest.advanceTimersByTime(interval);
      expect(beats()).toBe(3);
    },
  );
});

describe('a report that may be lost', () => {
  beforeEach(() => {
    start(MIDDLE);
    reporter.start();
  });

  it('is sent again soon after it said something new, then ever more seldom', () => {
    tellOf(1);
    const beats = withBeats(36).flatMap((apps, index) => (apps.length > 0 ? [index + 1] : []));
    expect(beats).toEqual([3, 7, 15, 25, 35]);
    tell(2, 'app-1');
    jest.advanceTimersByTime(1_000);
    expect(withBeats(3)).toEqual([[], [], ['app-1']]);
  });

  it('is sent again with those of all other apps, where they are small', () => {
    tellOf(100);
    expect(withBeats(3).map(({ length }) => length)).toEqual([0, 0, 100]);
  });

  it('waits for a later heartbeat where those of others are large', () => {
    tellOf(40, 'x'.repeat(4_000));
    const beats = withBeats(6);
    expect(Math.max(...beats.map(({ length }) => length))).toBeLessThan(17);
    expect(new Set(beats.flat()).size).toBe(40);
    expect(beats.flat()).toHaveLength(40);
  });

  it('does not follow a heartbeat that says something newer, whose own report is about to go', () => {
    tellOf(1);
    withBeats(2);
    messages = [];
    tell(2, 'app-1');
    reporter.beaten(INTERVAL_SECONDS * 1_000);
    expect(reported()).toEqual([]);
    jest.advanceTimersByTime(100);
    expect(reported()).toEqual([['app-1', 2]]);
  });

  it('goes alone with a heartbeat once it was sent again a few times, behind what is newer', () => {
    tellOf(100);
    withBeats(15);
    tell(2, 'app-7');
    const beats = withBeats(30);
    const routine = beats.slice(10);
    expect(beats[2]).toEqual(['app-7']);
    expect(Math.max(...routine.map(({ length }) => length))).toBeLessThanOrEqual(2);
    expect(routine.flat().length).toBeGreaterThanOrEqual(20);
  });
});
