import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { searchLogged } from '../../../../libs/messaging/src/testing/searched-log.js';
import { ApiLog } from '../api-log.js';
import { FailureLog } from './failure-log.js';

const MINUTE_MS = 60_000;

let now: number;
/** When it was said that something fails, minutes. */
let said: number[];
let failures: FailureLog;

beforeEach(() => {
  now = 0;
  said = [];
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  const warn = (...parts: unknown[]) => {
    searchLogged(...parts);
    said.push(now / MINUTE_MS);
  };
  failures = new FailureLog('eu', new ApiLog({ logger: { log: searchLogged, warn, error: searchLogged } }));
});

afterEach(() => {
  jest.restoreAllMocks();
});

/** One failed attempt each ten seconds. */
function failUntil(minute: number): void {
  for (; now < minute * MINUTE_MS; now += 10_000) failures.failed('shop', 'away', true);
}

it('says once what goes on, and then at growing intervals', () => {
  failUntil(60);
  expect(said).toEqual([0, 1, 3, 7, 15, 31]);
});

it('says a failure at once that comes after a calm, however shortly before that it was said last', () => {
  failUntil(31.5);
  expect(said.at(-1)).toBe(31);
  failures.succeeded();
  now += 10 * MINUTE_MS;
  failUntil(45);
  expect(said.slice(5)).toEqual([31, 41.5, 42.5, 44.5]);
});

it('says at once that the feed is away after it was there, though an app fails all the time', () => {
  failUntil(31.5);
  for (; now < 40 * MINUTE_MS; now += 10_000) failures.failed('web', 'too large', false);
  failUntil(42);
  expect(said.slice(5)).toEqual([31, 31.5, 32.5, 34.5, 38.5, 40, 41]);
});

it('says a failure that comes and goes once a minute at most', () => {
  for (let minute = 0.5; minute <= 60; minute += 0.5) {
    failUntil(minute);
    failures.succeeded();
  }
  expect(said.length).toBeLessThanOrEqual(60);
});
