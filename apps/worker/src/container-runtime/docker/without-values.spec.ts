import { expect, test } from '@jest/globals';
import { withoutValues } from './without-values.js';

test.each([
  ['the key is hunter2', ['KEY=hunter2'], 'the key is [redacted]'],
  ['a=b=c and a=b=c', ['KEY=a=b=c'], '[redacted] and [redacted]'],
  ['long-secret', ['A=long', 'B=long-secret'], '[redacted]'],
  ['PATH is /bin, debug is on', ['PATH=/bin', 'DEBUG=on', 'EMPTY='], 'PATH is /bin, debug is on'],
  ['shop 12 on edge', ['NEBULA_NODE=edge', 'NEBULA_APP_NAME=shop'], 'shop 12 on edge'],
])('"%s" with %j', (text, environment, hidden) => {
  expect(withoutValues(text, environment)).toBe(hidden);
});
