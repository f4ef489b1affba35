import { describe, expect, it } from '@jest/globals';
import { readTestArguments } from './arguments.mjs';

const ALL = ['unit', 'component', 'integration', 'e2e', 'deploy'];

describe('the arguments of npm test', () => {
  it.each([
    [[], { kinds: ALL, patterns: [], check: true }],
    [['unit'], { kinds: ['unit'], patterns: [], check: false }],
    [['deploy'], { kinds: ['deploy'], patterns: [], check: false }],
    [['--', 'e2e'], { kinds: ['e2e'], patterns: [], check: false }],
    [
      ['integration', 'apps/worker', 'engine'],
      { kinds: ['integration'], patterns: ['apps/worker', 'engine'], check: false },
    ],
    [['apps/api'], { kinds: ALL, patterns: ['apps/api'], check: false }],
  ])('%j', (argv, wish) => {
    expect(readTestArguments(argv)).toEqual(wish);
  });

  it('have no options', () => {
    expect(readTestArguments(['unit', '--watch'])).toEqual({
      problem: expect.stringMatching(/^unknown option --watch\n/),
    });
  });
});
