import { beforeEach, expect, it } from '@jest/globals';
import { searchLogged } from '../../../../libs/messaging/src/testing/searched-log.js';
import { ApiLog } from '../api-log.js';
import { SecretsUnreadableError } from '../store/secrets/secret-errors.js';
import { LeftOutApps } from './left-out-apps.js';

const MISSING = new SecretsUnreadableError('shop', { TOKEN: 'the key "old" is missing' });
const DAMAGED = new SecretsUnreadableError('shop', { TOKEN: 'it is damaged' });

let now: number;
/** Reasons that the log has. */
let told: unknown[];
let leftOut: LeftOutApps;

beforeEach(() => {
  now = 0;
  told = [];
  const error = (...parts: unknown[]) => {
    searchLogged(...parts);
    told.push((parts[1] as { reason: unknown }).reason);
  };
  const log = new ApiLog({ logger: { log: searchLogged, warn: searchLogged, error } });
  leftOut = new LeftOutApps('eu', { elapsed: () => now }, log);
});

it('an app that is left out is due a minute after each time that it was', () => {
  expect(leftOut.isDue('shop')).toBe(true);
  leftOut.leaveOut('shop', MISSING);
  now = 59_999;
  expect(leftOut.isDue('shop')).toBe(false);
  leftOut.leaveOut('shop', MISSING);
  now = 119_998;
  expect(leftOut.isDue('shop')).toBe(false);
  now = 119_999;
  expect(leftOut.isDue('shop')).toBe(true);
});

it('no other app is left out with it', () => {
  leftOut.leaveOut('shop', MISSING);
  expect([leftOut.isDue('web'), leftOut.reasonOf('web')]).toEqual([true, null]);
});

it('says why an app is left out, in the log once for each reason', () => {
  for (const error of [MISSING, MISSING, DAMAGED, DAMAGED]) leftOut.leaveOut('shop', error);
  expect(told).toEqual([MISSING.message, DAMAGED.message]);
  expect(leftOut.reasonOf('shop')).toBe(DAMAGED.message);
});

it('of an app that was published in between it is said again', () => {
  leftOut.leaveOut('shop', MISSING);
  leftOut.takeBack('shop');
  expect([leftOut.isDue('shop'), leftOut.reasonOf('shop')]).toEqual([true, null]);
  leftOut.leaveOut('shop', MISSING);
  expect(told).toEqual([MISSING.message, MISSING.message]);
});
