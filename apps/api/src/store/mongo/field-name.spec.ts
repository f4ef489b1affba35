import { describe, expect, it } from '@jest/globals';
import { fromFieldName, fromFields, toFieldName, toFields } from './field-name.js';

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

it('keys at any depth are encoded, and values are not', () => {
  const value = { 'a.b': [{ $c: 'd.e', f: null }, 1, true], '': { x: { 'net.core': '%' } } };
  const fields = toFields(value);
  expect(fields).toEqual({
    'a%2Eb': [{ '%24c': 'd.e', f: null }, 1, true],
    '%': { x: { 'net%2Ecore': '%' } },
  });
  expect(fromFields(fields)).toEqual(value);
});
