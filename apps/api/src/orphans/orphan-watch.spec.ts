import { expect, it } from '@jest/globals';
import type { ApiLog } from '../api-log.js';
import { StoreUnavailableError } from '../store/app-store.js';
import { OrphanWatch } from './orphan-watch.js';
import type { OrphansService } from './orphans.service.js';

it('orphans are told once, and again when they were none in between, and counted where they could be looked for', async () => {
  let found: string[] | null = ['b', 'a'];
  const orphans = {
    list: async () => {
      if (found === null) throw new StoreUnavailableError('away');
      return { items: found.map((app_name) => ({ app_name })), next_after: null };
    },
  };
  const told: unknown[] = [];
  const log = { warn: (_text: string, { apps }: { apps: string[] }) => told.push(apps) };
  const watch = new OrphanWatch(orphans as unknown as OrphansService, log as unknown as ApiLog);
  const counts = [watch.count];
  for (const names of [['b', 'a'], null, ['a', 'b', 'c'], ['b'], ['a', 'b']]) {
    found = names;
    await watch.look();
    counts.push(watch.count);
  }
  expect(counts).toEqual([null, 2, null, 3, 1, 2]);
  expect(told).toEqual([['b', 'a'], ['c'], ['a']]);
});
