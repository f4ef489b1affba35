import { expect, it } from '@jest/globals';
import { recordOf } from '../testing/records.js';
import { toDocument } from './app-document.js';
import { LastRead } from './last-read.js';

const shop = toDocument(recordOf('shop', { revision: 3 }));

it('what was read is likely for ten minutes, however often it is asked for', () => {
  let now = 5;
  const read = new LastRead(() => now);
  expect(read.recent('shop')).toBeNull();
  read.note(shop);
  now += 599_999;
  expect(read.recent('shop')).toBe(shop);
  expect(read.recent('shop')).toBe(shop);
  now += 1;
  expect(read.recent('shop')).toBeNull();
  // Whoever has just read it needs no second look, however long its change took.
  expect(read.take('shop', 3)).toBe(shop);
});

it('what is taken is gone, also at another revision', () => {
  const read = new LastRead(() => 0);
  read.note(shop);
  expect(read.take('shop', 2)).toBeNull();
  expect(read.recent('shop')).toBeNull();
  expect(read.take('shop', 3)).toBeNull();
});

it('a large one is not kept, nor what was there before it', () => {
  const read = new LastRead(() => 0);
  read.note(shop);
  read.note({ ...shop, revision: 4, spec: 'x'.repeat(32_769) });
  expect(read.recent('shop')).toBeNull();
});
