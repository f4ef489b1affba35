import { expect, it } from '@jest/globals';
import { processorsApart } from './processors.mjs';

it.each([
  [2, { server: '0', asking: '1' }],
  [3, { server: '0-1', asking: '2' }],
  [8, { server: '0-6', asking: '7' }],
])('of %i processors the last one asks, and all others serve', (processors, apart) => {
  expect(processorsApart(processors)).toEqual(apart);
});

it('leaves the only processor to both', () => {
  expect(processorsApart(1)).toBeNull();
});
