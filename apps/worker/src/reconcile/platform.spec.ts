import { expect, test } from '@jest/globals';
import { fitsPlatform } from './platform.js';

test.each([
  ['linux/arm64', 'linux/arm64/v8', true],
  ['linux/arm64/v8', 'linux/aarch64', true],
  ['linux/amd64', 'linux/x86_64', true],
  ['linux/arm/v7', 'linux/arm', true],
  ['linux/arm/v6', 'linux/arm', false],
  ['linux/arm/v6', 'linux/armel', true],
  ['linux/amd64', 'linux/arm64', false],
  ['windows/amd64', 'linux/amd64', false],
  ['/', 'linux/amd64', false],
  [undefined, 'linux/amd64', false],
])('an image of %s for %s: %s', (image, wanted, fits) => {
  expect(fitsPlatform(image, wanted, 'linux/riscv64')).toBe(fits);
});

test.each([
  ['linux/amd64', 'linux/amd64', true],
  ['linux/386', 'linux/amd64', true],
  ['linux/amd64', 'linux/386', false],
  ['linux/arm/v6', 'linux/arm64', true],
  ['linux/arm64/v8', 'linux/amd64', false],
  ['linux/', 'linux/amd64', true],
  [undefined, 'linux/amd64', true],
])('an image of %s on a server of %s: %s', (image, server, fits) => {
  expect(fitsPlatform(image, null, server)).toBe(fits);
});
