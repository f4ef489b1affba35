import { expect, test } from '@jest/globals';
import { wholeLines } from './whole-lines.js';

test.each([
  ['one\ntwo', 7, 'one\ntwo'],
  ['one\ntwo', 6, 'two'],
  ['one\ntwo', 3, 'two'],
  ['one\ntwo', 2, ''],
  ['10 %\r20 %', 5, '20 %'],
])('of %j with %i characters is %j', (text, characters, end) => {
  expect(wholeLines(text, characters)).toBe(end);
});
