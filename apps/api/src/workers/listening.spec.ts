import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { ReportTransport } from '@nebula/messaging';
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
  since = clock.time;
  const transport = { listeningSince: () => since } as unknown as ReportTransport;
  listening = new Listening({ reports: transport }, clock);
  listening.onApplicationBootstrap();
});

afterEach(() => {
  listening.onApplicationShutdown();
});

it('silence counts since the transport brings messages', () => {
  expect(pass(60_000)).toBe(60_000);
  expect(listening.silence().now).toBe(clock.time);
  since = clock.time;
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
  // One of several regions was away, and the clock is still behind the beginning of another.
  const latest = since;
  since = null;
  pass(600_000);
  since = latest;
  expect(pass(30_000)).toBe(30_000);
  since = clock.time;
  expect(pass(20_000)).toBe(20_000);
});

it('without a transport nobody listens', () => {
  const deaf = new Listening({}, clock);
  clock.pass(5_000);
  expect(deaf.silence()).toEqual({ now: clock.time, listened_ms: 0 });
});
