import { expect, it } from '@jest/globals';
import { processorsApart } from './processors.mjs';

it.each([
  ['0-1', { server: '0', asking: '1' }],
  ['2,3', { server: '2', asking: '3' }],
  ['0-2,8-9', { server: '0,1,2,8', asking: '9' }],
])('of the processors %s the last one asks, and all others serve', (allowed, apart) => {
  expect(processorsApart(allowed)).toEqual(apart);
});

it.each(['0', '7', ''])('leaves the only processor to both (%p)', (allowed) => {
  expect(processorsApart(allowed)).toBeNull();
});
