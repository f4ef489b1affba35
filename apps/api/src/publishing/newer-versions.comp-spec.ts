import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type AppSpec, messageContents, NO_TOKENS, specDefaults } from '@nebula/contracts';
import type { AppRecord } from '../store/app-store.js';
import { specOf } from '../store/testing/records.js';
import { eventually } from '../testing/eventually.js';
import { PublishingBed } from './testing/publishing-bed.js';
import type { PublishingUnderTest } from './testing/publishing-under-test.js';

const HOUR_MS = 3_600_000;

let bed: PublishingBed;

beforeEach(async () => {
  bed = await PublishingBed.open();
});

afterEach(async () => {
  await bed.close();
});

/** As a newer version may write them, in a field of its own and in one that both know. */
const NEWER = [
  ['a field', 'shiny', { shiny: true }],
  ['a member of a field', 'update.shiny', { update: { ...specDefaults().update, shiny: true } }],
  ['a value', 'update.strategy', { update: { ...specDefaults().update, strategy: 'shiny' } }],
] as const;

/** What the database has of an app, and another version has sent in its own way, with its own digest. */
async function sentOtherwise(changes: object): Promise<PublishingUnderTest> {
  const newer = await bed.start({ sweep: HOUR_MS });
  await newer.write('shop');
  await bed.published('shop', 1);
  await bed.rested(newer);
  await newer.writeOnly('shop', changes);
  await newer.stop();
  const spec = { ...specOf('shop'), env_vars: { SENT: 'otherwise' } };
  const message = { app_name: 'shop', epoch: 1, revision: 2, issued_at: new Date().toISOString() };
  await bed.feed.inner.publish({ ...message, ...messageContents(spec, NO_TOKENS) });
  return await bed.start({ verify_interval_seconds: 0.2 });
}

it.each(NEWER)(
  'an app with %s of a newer version is left out, which is said, and all others go on',
  async (_what, field, changes) => {
    const api = await bed.start();
    const shop = await api.write('shop', changes as Partial<AppSpec>);
    await api.write('web');
    await bed.published('web', 1);
    await bed.rested(api);
    expect(await bed.feed.readNewest('shop')).toBeNull();
    expect(bed.feed.appended.map(({ app_name }) => app_name)).toEqual(['web']);
    const told = api.lines.filter((line) => line.includes('this version is too old for it'));
    expect(told).toEqual([expect.stringContaining('"shop"')]);
    expect(api.publisher.regionsOf(shop)[0]?.problem).toBe(
      `only a newer version knows what the app has in ${field}`,
    );
  },
);

it.each(NEWER)(
  'another digest proves nothing of an app with %s of a newer version',
  async (_what, _field, changes) => {
    const api = await sentOtherwise(changes);
    await eventually(() => expect(api.lines.join()).toContain('this version is too old for it'));
    await bed.rested(api);
    expect(await api.store.epoch()).toBe(1);
    expect(bed.feed.appended.map(({ revision }) => revision)).toEqual([1]);
  },
);

it('an app that a newer version has changed is not sent by what stops it', async () => {
  const api = await bed.start({ sweep: HOUR_MS });
  await api.write('shop');
  await bed.published('shop', 1);
  await bed.rested(api);
  const [, [, , changes]] = NEWER;
  const before = await api.writeOnly('shop', changes);
  const stopped: AppRecord = { ...before, revision: before.revision + 1, change: 'stopped' };
  expect(await api.store.replace(stopped, before.revision)).toBe(true);
  api.publisher.nudge(stopped);
  await eventually(() => expect(api.lines.join()).toContain('this version is too old for it'));
  await bed.rested(api);
  expect(bed.feed.appended.map(({ revision }) => revision)).toEqual([1]);
});
