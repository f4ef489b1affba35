import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compactSpec, expandSpec, specDefaults } from './app-spec.js';
import { parseAppSpec } from './parse-app-spec.js';
import { anyFields, anySpec } from './testing/any-spec.js';
import { RIGHT } from './testing/problems.js';

const SERVER = {
  ...{ image: 'shop:1', platform: 'linux/amd64', cores: 2, folder: '/srv', volumes: 'any-' },
  ...{ networks: ['back', 'front'], containers: ['db-1'] },
};

const FIELDS: Record<string, fc.Arbitrary<unknown>> = anyFields(SERVER);

test('every field has arbitrary values', () => {
  expect(Object.keys(FIELDS).sort()).toEqual(
    Object.keys(specDefaults())
      .filter((name) => name !== 'update')
      .sort(),
  );
});

test.each(Object.entries(FIELDS))(
  'most values that are drawn for %s are right by themselves',
  (field, values) => {
    const drawn = fc.sample(values, { numRuns: 60, seed: 7 });
    const right = drawn.filter((value) => parseAppSpec({ ...RIGHT, [field]: value }).ok);
    expect(right.length).toBeGreaterThan(40);
  },
);

test('an arbitrary spec is taken as it is, and the same after it was written and read', () => {
  fc.assert(
    fc.property(anySpec(SERVER), (input) => {
      const result = parseAppSpec(input);
      if (!result.ok) throw new Error(JSON.stringify(result.problems));
      const compact = compactSpec(result.value);
      expect(expandSpec(compact)).toEqual(result.value);
      expect(parseAppSpec(JSON.parse(JSON.stringify(compact)))).toEqual(result);
    }),
    { numRuns: 100 },
  );
});
