import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { SEARCHED_LOG } from '../../../../libs/messaging/src/testing/searched-log.js';
import { ApiLog } from '../api-log.js';
import { Clock } from '../clock.js';
import type { OrphansService } from '../orphans/orphans.service.js';
import type { Publisher } from '../publishing/publisher.js';
import type { AppRecord, AppStore } from '../store/app-store.js';
import { recordOf } from '../store/testing/records.js';
import { AppChanges } from './app-changes.js';

const APPS = ['one', 'two', 'three'];

let cut: string[];
let underWay: number;
let mostAtOnce: number;
let failing: string[];
let changes: AppChanges;

/** Takes a moment for each history that is cut, and notes how many are cut at once. */
const STORE: Partial<AppStore> = {
  remembered: () => null,
  get: async (app_name) => recordOf(app_name),
  replace: async () => true,
  forgetRevisions: async (app_name) => {
    underWay += 1;
    mostAtOnce = Math.max(mostAtOnce, underWay);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    underWay -= 1;
    if (failing.includes(app_name)) throw new Error('away');
    cut.push(app_name);
  },
};

beforeEach(() => {
  jest.useFakeTimers();
  [cut, underWay, mostAtOnce, failing] = [[], 0, 0, []];
  changes = new AppChanges(
    STORE as AppStore,
    { nudge: () => undefined } as unknown as Publisher,
    {} as OrphansService,
    new Clock(),
    new ApiLog({ logger: SEARCHED_LOG }),
    { history_limit: 2 },
  );
});
afterEach(() => {
  jest.useRealTimers();
});

const change = (app: string) => {
  const next = (current: AppRecord | null): AppRecord =>
    recordOf(app, { revision: (current?.revision ?? 0) + 1 });
  return changes.make(app, next, { dryRun: false });
};

it('cuts the histories of apps that are changed at once one after the other, and goes on after one that fails', async () => {
  failing = ['one'];
  for (const app of APPS) await change(app);
  await jest.advanceTimersByTimeAsync(20_000);
  expect(cut).toEqual(['two', 'three']);
  expect(mostAtOnce).toBe(1);
});

it('cuts once for many changes in a row, and again for what was changed while it cut', async () => {
  for (let step = 0; step < 5; step += 1) await change('one');
  await jest.advanceTimersByTimeAsync(5_500);
  expect(underWay).toBe(1);
  await change('one');
  await jest.advanceTimersByTimeAsync(20_000);
  expect(cut).toEqual(['one', 'one']);
  expect(mostAtOnce).toBe(1);
});
