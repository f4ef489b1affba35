import { afterEach, expect, it, jest } from '@jest/globals';
import { ANYONE } from '../access/caller.js';
import type { AppStore } from '../store/app-store.js';
import type { AppsService } from './apps.service.js';
import type { Intent } from './intent.js';
import type { Previews } from './previews.service.js';
import { PruneService } from './prune.service.js';

/** So many are looked at at a time. */
const PARALLEL = 8;

afterEach(() => {
  jest.restoreAllMocks();
});

it('a dry run that takes long begins with no further app, too, and says so of each', async () => {
  let now = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  const items = Array.from({ length: 40 }, (_, index) => ({
    app_name: `app-${index}`,
    deleted: false,
    spec: {},
  }));
  const previewed: string[] = [];
  const apps = { wish: async (app_name: string) => ({ isDryRun: true, app_name }) };
  const previews = {
    of: async ({ app_name }: { app_name: string }) => {
      // Each takes five seconds.
      now += 5_000;
      previewed.push(app_name);
      return {};
    },
  };
  const service = new PruneService(
    { list: async () => ({ items, next_after: null }) } as unknown as AppStore,
    apps as unknown as AppsService,
    previews as unknown as Previews,
  );
  const answers = await service.pruneAll({ caller: ANYONE } as Intent);
  const begun = answers.filter(({ error }) => error === null).map(({ app_name }) => app_name);
  // Those that were under way when time was up are not cut off.
  expect(begun.length).toBeGreaterThan(12);
  expect(begun.length).toBeLessThan(13 + PARALLEL);
  expect(previewed.sort()).toEqual(begun.sort());
  const others = answers.filter(({ preview }) => preview === undefined);
  expect(others).toHaveLength(items.length - begun.length);
  for (const { error } of others) expect(error).toContain('It was not begun with, as the others took 60 s');
});
