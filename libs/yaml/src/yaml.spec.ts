import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseYaml, parseYamlStream, writeYaml, YamlFlaw } from './index.js';

function refusal(text: string, parse: (text: string) => unknown = parseYaml): string {
  try {
    parse(text);
  } catch (error) {
    expect(error).toBeInstanceOf(YamlFlaw);
    return (error as YamlFlaw).message;
  }
  throw new Error('it was taken');
}

describe('YAML', () => {
  it('is that of 1.2, whatever a directive says', () => {
    const text = 'a: yes\nb: 012\nc: 2026-01-01\nd: ~\n81: 80\ne: &x {f: 1}\ng: *x\n';
    const value = { '81': 80, a: 'yes', b: 12, c: '2026-01-01', d: null, e: { f: 1 }, g: { f: 1 } };
    expect(parseYaml(text)).toEqual(value);
    expect(parseYaml(`%YAML 1.1\n---\n${text}`)).toEqual(value);
    expect(parseYaml('{"a": ["b", 1.5, true]}')).toEqual({ a: ['b', 1.5, true] });
  });

  it.each([
    ['a: [1, 2\nb: 3', /^line \d, column \d+: /],
    ['a: 1\n  b: secret', /^line \d, column \d+: /],
    ['a: 1\nb: 1\na: 2', /^line 3, column 1: this key is there already$/],
    ['a: *none', /^line 1, column 4: no anchor of that name stands before the alias$/],
    ['a: &x 1\nb: &x [*x]', /^line 2, column 8: the alias stands within its own anchor$/],
    ['a: &x [*x]', /^line 1, column 8: the alias stands within its own anchor$/],
    ['a: !secret 1', /^line 1, column 4: the tag is not known/],
    ['a: 1\n---\nb: 1', /^line 2, column 1: a second document begins here/],
    ['? [a, b]\n: 1', /^line 1, column \d: a key must be text$/],
    ['a:\n\tb: 1', /^line 2, column 1: a tab can not indent/],
    ['a: "secret', /^line 1, column \d+: /],
  ])('%j is refused with its place, and is not quoted', (text, expected) => {
    const message = refusal(text);
    expect(message).toMatch(expected);
    expect(message).not.toContain('secret');
  });

  it('is refused when its aliases make it too large, or too many', () => {
    const laughs = ['a0: &a0 lol'];
    for (let level = 1; level < 30; level += 1) {
      laughs.push(`a${level}: &a${level} [${Array.from({ length: 9 }, () => `*a${level - 1}`).join(', ')}]`);
    }
    expect(refusal(laughs.join('\n'))).toMatch(/its aliases make it too large/);
    expect(refusal(`a: &a 1\nb: [${'*a ,'.repeat(10_001)}]`)).toMatch(/more than 10000 aliases/);
  });

  it('of any depth and length is answered', () => {
    expect(refusal('['.repeat(50_000))).toMatch(/./);
    expect(refusal(`${'['.repeat(50_000)}${']'.repeat(50_000)}`)).toMatch(/nested too deep/);
    const many = Array.from({ length: 50_000 }, (_, index) => `k${index}: ${index}`).join('\n');
    expect(Object.keys(parseYaml(many) as object)).toHaveLength(50_000);
  });

  it('takes an anchor that is used often', () => {
    const text = `a: &a {b: 1}\nc: [${'*a ,'.repeat(500)}]`;
    expect(parseYaml(text)).toEqual({ a: { b: 1 }, c: Array.from({ length: 500 }, () => ({ b: 1 })) });
    expect(parseYamlStream(text)).toEqual([parseYaml(text)]);
  });

  it('can have several documents in a text, of which each has anchors of its own', () => {
    expect(parseYamlStream('a: &x 1\n---\nb: &x 2\nc: *x\n---\n')).toEqual([{ a: 1 }, { b: 2, c: 2 }, null]);
    expect(parseYamlStream('')).toEqual([]);
    expect(refusal('a: &x 1\n---\nb: *x', parseYamlStream)).toMatch(/^line 3, column 4: no anchor of/);
    expect(refusal('a: 1\n---\nb: 1\nb: 2', parseYamlStream)).toMatch(/^line 4, column 1: this key is there/);
    expect(refusal('a: 1\n---\n&x [*x]', parseYamlStream)).toMatch(
      /^line 3, column 5: the alias stands within/,
    );
  });

  it.each([' \n', ' \n \n', '    \na', '\n   a', '\t\n\n', '  a\n b\n', 'a\n\n', '\n', 'a\n ', '\r\n a'])(
    'keeps every blank and line of %j',
    (text) => {
      for (const value of [{ a: text }, { a: [text], b: 1 }, { a: { b: ['c', text] } }, { [text]: 'a' }])
        expect(parseYaml(writeYaml(value))).toEqual(value);
      expect(writeYaml({ a: 'b\n c\n' })).toBe('a: |\n  b\n   c\n');
    },
  );

  it('says what a value is, also to parsers of YAML 1.1', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = JSON.parse(JSON.stringify(value)) as unknown;
        fc.pre(!JSON.stringify(json).includes('__proto__'));
        expect(parseYaml(writeYaml(json))).toEqual(json);
      }),
      { numRuns: 200 },
    );
    expect(writeYaml({ a: 'yes', b: '012', c: 'null' })).toMatch(/^a: "yes"\nb: "012"\nc: "null"\n$/);
  });
});
