import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { AppSpec } from '@nebula/contracts';
import { PublishingBed } from './testing/publishing-bed.js';

let bed: PublishingBed;

beforeEach(async () => {
  bed = await PublishingBed.open();
});

afterEach(async () => {
  await bed.close();
});

it('an app with a field of a newer version is left out, which is said, and all others go on', async () => {
  const api = await bed.start();
  const shop = await api.write('shop', { shiny: true } as Partial<AppSpec>);
  await api.write('web');
  await bed.published('web', 1);
  await bed.rested(api);
  expect(await bed.feed.readNewest('shop')).toBeNull();
  expect(bed.feed.appended.map(({ app_name }) => app_name)).toEqual(['web']);
  const told = api.lines.filter((line) => line.includes('this version is too old for it'));
  expect(told).toEqual([expect.stringContaining('"shop"')]);
  expect(api.publisher.regionsOf(shop)[0]?.problem).toContain(
    'fields that only a newer version knows (shiny)',
  );
});
