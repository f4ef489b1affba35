import { describe, expect, it } from '@jest/globals';
import { parseLabel, parseLabels } from '../index.js';

function problemsOf(texts: string[]): string[] {
  const result = parseLabels(texts);
  return result.ok ? [] : result.problems.map(({ pointer, message }) => `${pointer} ${message}`);
}

describe('labels', () => {
  it('are name=text, and the text is anything', () => {
    expect(parseLabels(['rack=7', 'a/b.c-d_e=x=y, "z"', 'empty='])).toEqual({
      ok: true,
      value: { rack: '7', 'a/b.c-d_e': 'x=y, "z"', empty: '' },
    });
    expect(parseLabels([])).toEqual({ ok: true, value: {} });
    expect(parseLabel('rack=7')).toEqual({ ok: true, value: ['rack', '7'] });
  });

  it.each([
    ['no text', ['rack'], '/0 must be name=text'],
    ['no name', ['a=1', '=7'], '/1 must have a name'],
    ['a name that begins badly', ['-a=1'], '/0 must have a name'],
    ['a name with a comma', ['a,b=1'], '/0 must have a name'],
    ['a long name', [`${'a'.repeat(64)}=1`], '/0 must have a name'],
    ['a long text', [`a=${'x'.repeat(256)}`], '/0 must be at most 255 characters'],
    ['NUL', ['a=\0'], '/0 must be text without NUL'],
    ['one name twice', ['a=1', 'a=2'], '/1 is given twice'],
    ['a name of every object', ['constructor=1'], '/0 must have a name'],
    ['too many', Array.from({ length: 65 }, (_, n) => `l${n}=1`), ' must be at most 64 labels, not 65'],
  ])('with %s are refused', (_case, texts, expected) => {
    expect(problemsOf(texts).join('\n')).toContain(expected);
  });
});
