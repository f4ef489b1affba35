import { describe, expect, it } from '@jest/globals';
import { fromFieldName, toFieldName } from './field-name.js';

describe('a field name', () => {
  it.each([
    ['eu-1', 'eu-1'],
    ['', '%'],
    ['%', '%25'],
    ['eu.west-1', 'eu%2Ewest-1'],
    ['$set', '%24set'],
    ['%2E.', '%252E%2E'],
    ['a\0b', 'a%00b'],
    ['Grüße 😀', 'Grüße 😀'],
  ])('of %j is %j, and back', (text, name) => {
    expect(toFieldName(text)).toBe(name);
    expect(fromFieldName(name)).toBe(text);
  });
});
