import { describe, expect, it } from '@jest/globals';
import { parseAppSpec } from '../index.js';
import { problemsOf, RIGHT } from './testing/problems.js';

const SECRET = 'hunter2-hunter2';

describe('env_vars', () => {
  it.each([{}, { A: '' }, { A: 'a=b\nc' }, { 'lower.case-name': 'ä' }, { ' ': 'x' }])('takes %j', (value) => {
    expect(problemsOf({ env_vars: value })).toEqual([]);
  });

  it.each<[unknown, string[]]>([
    [{ 'A=B': SECRET }, ['/env_vars/A=B must have a name without "="']],
    [{ '=': SECRET }, ['/env_vars/= must have a name without "="']],
    [{ 'A\0': SECRET }, ['/env_vars/A\0 must have a name without NUL']],
    [{ 'A\nB': SECRET }, ['/env_vars/A\nB must have a name without line breaks']],
    [{ '': SECRET }, ['/env_vars/ must have a name, which is empty']],
    [{ A: `${SECRET}\0` }, ['/env_vars/A must be text without NUL']],
    [{ A: 8080 }, ['/env_vars/A must be text, not a number: put it in quotes']],
    [{ A: true }, ['/env_vars/A must be text, not a boolean: put it in quotes']],
    [{ A: null }, ['/env_vars/A must be text, not null']],
    [{ A: [SECRET] }, ['/env_vars/A must be text, not a list']],
    [{ A: { B: SECRET } }, ['/env_vars/A must be text, not an object']],
    [
      { A: 1, B: 'b', 'C=': null },
      [
        '/env_vars/A must be text, not a number: put it in quotes',
        '/env_vars/C= must have a name without "="',
        '/env_vars/C= must be text, not null',
      ],
    ],
    [[`A=${SECRET}`], ['/env_vars must be an object of text by name, like {"COLOUR": "blue"}, not a list']],
    [`A=${SECRET}`, ['/env_vars must be an object of text by name, like {"COLOUR": "blue"}, not text']],
    [null, ['/env_vars must be an object of text by name, like {"COLOUR": "blue"}, not null']],
    [{ constructor: SECRET }, ["/env_vars/constructor can't be used as a name"]],
  ])('refuses %j without telling a value', (value, problems) => {
    expect(problemsOf({ env_vars: value })).toEqual(problems);
    const text = JSON.stringify(parseAppSpec({ ...RIGHT, env_vars: value }));
    expect(text).not.toContain(SECRET);
    expect(text).not.toContain('8080');
  });

  it('are not told under a name that is mistyped', () => {
    const text = JSON.stringify(parseAppSpec({ ...RIGHT, env_var: { A: SECRET }, environment: SECRET }));
    expect(text).toContain('/env_var');
    expect(text).toContain('did you mean \\"env_vars\\"?');
    expect(text).not.toContain(SECRET);
  });
});
