import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { testKey } from '../store/testing/keys.js';
import { eventually } from '../testing/eventually.js';
import { PublishingBed } from './testing/publishing-bed.js';

const OLD = testKey('old');
const NEW = testKey('new');
const SECRET = { env_vars: { TOKEN: 'hunter2-to-publish' }, secret_env_vars: ['TOKEN'] };

let bed: PublishingBed;
beforeEach(async () => {
  bed = await PublishingBed.open();
});
afterEach(async () => await bed.close());

it('an app whose secrets can not be read is left out until they can, and nothing else is', async () => {
  const first = await bed.start({ secret_keys: [OLD] });
  await first.write('shop', SECRET);
  await bed.published('shop', 1);
  await bed.settled(first);
  await first.stop();

  const keyless = await bed.start({ secret_keys: [NEW] });
  const told = () => keyless.lines.filter((line) => line.includes('its secrets can not be read'));
  // At the start everything is verified, so that app too.
  await eventually(() => expect(told()).toHaveLength(1));
  expect(told()[0]).toContain('"shop"');
  expect(told()[0]).toContain('the key \\"old\\", which is not configured');
  await keyless.write('open');
  await bed.published('open', 1);
  await bed.rested(keyless);
  // It is no failure of the feed, which would take every api out of service.
  for (const check of keyless.publisher.readinessChecks()) expect(await check.problem()).toBeNull();
  // Nor is it one of the kind that waits: more looks say nothing new.
  await keyless.publisher.suspect('shop');
  await bed.rested(keyless);
  expect(told()).toHaveLength(1);
  expect(await bed.feed.readNewest('shop')).toMatchObject({ revision: 1, spec: SECRET });
  await keyless.stop();

  const both = await bed.start({ secret_keys: [NEW, OLD] });
  await both.write('shop', { docker_image: 'shop:2' });
  await bed.published('shop', 2);
  expect(await bed.feed.readNewest('shop')).toMatchObject({ spec: { docker_image: 'shop:2', ...SECRET } });
  expect(both.lines.join()).not.toContain('can not be read');
});

it('a change that nobody could send out yet is sent out when its key is there, with its values', async () => {
  const first = await bed.start({ secret_keys: [OLD], sweep: 3_600_000 });
  await first.write('shop', SECRET);
  await bed.published('shop', 1);
  // What is still under way would publish the next change, too.
  await bed.rested(first);
  await first.writeOnly('shop', { docker_image: 'shop:2' });
  await first.stop();

  const keyless = await bed.start({ secret_keys: [] });
  await eventually(() => expect(keyless.lines.join()).toContain('its secrets can not be read'));
  // It is behind, and looked at again after a minute only, not with each look at the database.
  const looks = jest.spyOn(keyless.store, 'behind');
  const asked = jest.spyOn(bed.feed, 'readNewest');
  await eventually(() => expect(looks.mock.calls.length).toBeGreaterThan(5));
  expect(asked.mock.calls.length).toBeLessThan(3);
  asked.mockRestore();
  expect(await bed.feed.readNewest('shop')).toMatchObject({ revision: 1 });
  expect(await keyless.store.behind('local', 1, 10)).toEqual(['shop']);
  await keyless.stop();

  await bed.start({ secret_keys: [OLD] });
  await bed.published('shop', 2);
  expect(await bed.feed.readNewest('shop')).toMatchObject({ spec: { docker_image: 'shop:2', ...SECRET } });
});

it('that it was left out is not noted as verified, so that whoever can publish it comes to it', async () => {
  const first = await bed.start({ secret_keys: [OLD] });
  await first.write('shop', SECRET);
  await bed.published('shop', 1);
  await bed.settled(first);
  const verifiedAt = async ({ store } = first) => (await store.get('shop'))?.published['local']?.verified_at;
  const before = (await verifiedAt()) ?? 0;
  expect(before).toBeGreaterThan(0);
  await first.stop();

  const keyless = await bed.start({ secret_keys: [], verify_interval_seconds: 0.2 });
  await eventually(() => expect(keyless.lines.join()).toContain('its secrets can not be read'));
  const asked = jest.spyOn(bed.feed, 'readNewest');
  const claims = jest.spyOn(keyless.store, 'claimVerification');
  await eventually(() => expect(claims.mock.calls.length).toBeGreaterThan(10));
  // It has not claimed it once more.
  expect(asked).not.toHaveBeenCalledWith('shop');
  expect(await verifiedAt(keyless)).toBeLessThanOrEqual(before);
  keyless.clock.offset += 60_000;
  await eventually(() => expect(asked).toHaveBeenCalledWith('shop'));
});
