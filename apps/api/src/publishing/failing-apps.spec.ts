import { expect, it } from '@jest/globals';
import { FailingApps } from './failing-apps.js';

const HOUR_MS = 3_600_000;

it('an app fails until it succeeds, and has failed lately for an hour after that it last did', () => {
  let now = 0;
  const failing = new FailingApps({ elapsed: () => now });
  failing.failed('shop', 'refused');
  expect(failing.reasonOf('shop')).toBe('refused');
  now = 2 * HOUR_MS;
  failing.failed('web', 'away');
  // It has not succeeded since.
  expect(failing.hasFailedLately('shop')).toBe(true);
  failing.failed('shop', 'refused again');
  expect(failing.reasonOf('shop')).toBe('refused again');
  expect(failing.succeeded('shop')).toBe(true);
  expect(failing.succeeded('shop')).toBe(false);
  expect([failing.reasonOf('shop'), failing.size]).toEqual([null, 1]);
  now = 3 * HOUR_MS - 1;
  expect(failing.hasFailedLately('shop')).toBe(true);
  now = 3 * HOUR_MS;
  expect(failing.hasFailedLately('shop')).toBe(false);
  expect(failing.hasFailedLately('web')).toBe(true);
  expect(failing.hasFailedLately('mail')).toBe(false);
});
