import { expect, it } from '@jest/globals';
import { goMinor } from './go.mjs';

it.each([
  ['go1.24.1', 24],
  ['go1.21rc2', 21],
  ['2:1.19~1', 19],
  ['1.22.2-2', 22],
  ['', 0],
  ['2:2.0', 0],
])('of the version %j of Go, %i counts', (version, minor) => {
  expect(goMinor(version)).toBe(minor);
});
