import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { AppSpec } from '@nebula/contracts';
import { eventually } from '../testing/eventually.js';
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

it('nothing but a later desired state is appended behind a message of a newer version', async () => {
  const first = await bed.start({ sweep: 3_600_000 });
  await first.write('shop');
  await bed.published('shop', 1);
  await bed.rested(first);
  const message = await bed.feed.readNewest('shop');
  if (!message) throw new Error('nothing was published');
  await first.writeOnly('shop', { running: false });
  await first.stop();
  await bed.feed.inner.publish({ ...message, schema: 9, min_reader: 9, revision: 2 });

  const api = await bed.start();
  await eventually(() => expect(api.lines.join()).toContain('this version is too old for it'));
  await bed.rested(api);
  expect(bed.feed.appended).toHaveLength(1);
  const { app_name, published } = (await api.store.get('shop')) ?? { app_name: '', published: {} };
  expect(api.publisher.regionsOf({ app_name, published })[0]?.problem).toContain('schema 9');
  await api.write('shop', { running: true });
  await bed.published('shop', 3);
  await bed.settled(api);
  expect(api.publisher.regionsOf({ app_name, published })[0]?.problem).toBeNull();
});
