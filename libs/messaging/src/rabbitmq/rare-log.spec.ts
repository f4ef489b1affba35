import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { RareLog } from './rare-log.js';

let now = 0;

beforeEach(() => {
  now = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
});

afterEach(() => {
  jest.restoreAllMocks();
});

it('says once what goes on, and then once an hour at most, with what it has held back', () => {
  const rare = new RareLog();
  const said: [minute: number, held: number][] = [];
  // A day of attempts, one each ten seconds.
  for (let count = 0; count < 8_640; count += 1) {
    now = count * 10_000;
    rare.say('refused', (held) => said.push([now / 60_000, held]));
  }
  expect(said.slice(0, 4)).toEqual([
    [0, 0],
    [1, 5],
    [3, 11],
    [7, 23],
  ]);
  const pauses = said.slice(1).map(([minute], index) => minute - (said[index]?.[0] ?? 0));
  expect(Math.max(...pauses)).toBe(60);
  expect(said.length).toBeLessThan(32);
});
