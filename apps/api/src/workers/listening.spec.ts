import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import {
  InProcessBroker,
  RegionalReports,
  type RegionReports,
  type ReportTransport,
} from '@nebula/messaging';
import { Clock } from '../clock.js';
import { Listening } from './listening.js';

class SetClock extends Clock {
  time = 1_000_000;
  passed = 0;

  override now(): number {
    return this.time;
  }

  override elapsed(): number {
    return this.passed;
  }

  pass(milliseconds: number): void {
    this.time += milliseconds;
    this.passed += milliseconds;
  }
}

let clock: SetClock;
/** When the transport began to bring messages, as `passed` of the clock. */
let since: number | null;
let listening: Listening;

/** Lets time pass as it does for a process that runs. */
function pass(milliseconds: number): number {
  const end = clock.time + milliseconds;
  while (clock.time < end) {
    clock.pass(Math.min(end - clock.time, 5_000));
    listening.silence();
  }
  return listening.silence().listened_ms;
}

beforeEach(() => {
  clock = new SetClock();
  since = clock.passed;
  const listenedMs = () => (since === null ? null : clock.passed - since);
  const transport = { listenedMs } as unknown as ReportTransport;
  listening = new Listening({ reports: transport }, clock);
  listening.onApplicationBootstrap();
});

afterEach(() => {
  listening.onApplicationShutdown();
  jest.restoreAllMocks();
});

it('silence counts since the transport brings messages', () => {
  expect(pass(60_000)).toBe(60_000);
  expect(listening.silence().now).toBe(clock.time);
  since = clock.passed;
  expect(pass(30_000)).toBe(30_000);
});

it('silence stands still while nobody can be heard', () => {
  pass(60_000);
  const before = listening.silence();
  since = null;
  pass(600_000);
  expect(listening.silence()).toEqual(before);
  listening.missed();
  expect(listening.silence()).toEqual({ now: clock.time, listened_ms: 0 });
});

it('silence counts anew when messages were lost', () => {
  pass(60_000);
  listening.missed();
  expect(pass(7_000)).toBe(7_000);
});

it('silence counts anew when the process stood still', () => {
  pass(60_000);
  clock.pass(3_600_000);
  expect(listening.silence().listened_ms).toBe(0);
  expect(pass(60_000)).toBe(60_000);
});

it('silence counts anew when the machine slept or the clock was set, whichever way it went', () => {
  pass(60_000);
  clock.time += 3_600_000;
  expect(listening.silence().listened_ms).toBe(0);
  expect(pass(60_000)).toBe(60_000);
  clock.time -= 1_800_000;
  expect(listening.silence().listened_ms).toBe(0);
  expect(pass(60_000)).toBe(60_000);
});

it('silence counts again when the clock is back before the time at which the transport began', () => {
  pass(60_000);
  clock.time -= 86_400_000;
  expect(listening.silence().listened_ms).toBe(0);
  expect(pass(60_000)).toBe(60_000);
  since = null;
  pass(600_000);
  since = clock.passed;
  expect(pass(20_000)).toBe(20_000);
});

it('silence counts again when a region is there anew after the clock was set back', async () => {
  clock.time += 86_400_000;
  jest.spyOn(Date, 'now').mockImplementation(() => clock.time);
  jest.spyOn(performance, 'now').mockImplementation(() => clock.passed);
  const directory = join(tmpdir(), 'nebula-no-feed');
  const reportsOf = () => new InProcessBroker({ directory }).reportStrategy() as RegionReports['transport'];
  const [eu, us] = [reportsOf(), reportsOf()];
  const reports = new RegionalReports([
    { region: 'eu', transport: eu },
    { region: 'us', transport: us },
  ]);
  listening = new Listening({ reports }, clock);
  eu.listen(() => undefined);
  pass(5_000);
  us.listen(() => undefined);
  expect(pass(60_000)).toBe(60_000);
  clock.time -= 86_400_000;
  expect(listening.silence().listened_ms).toBe(0);
  expect(pass(60_000)).toBe(60_000);
  us.pause();
  pass(5_000);
  us.resume();
  expect(pass(60_000)).toBe(60_000);
  await reports.close();
});

it('without a transport nobody listens', () => {
  const deaf = new Listening({}, clock);
  clock.pass(5_000);
  expect(deaf.silence()).toEqual({ now: clock.time, listened_ms: 0 });
});
