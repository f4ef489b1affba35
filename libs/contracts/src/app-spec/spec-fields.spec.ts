import { describe, expect, it } from '@jest/globals';
import { AppSpec, SPEC_FIELDS } from '../index.js';
import { problemsOf, RIGHT } from './testing/problems.js';

describe('what is said of the fields', () => {
  it('is said of all', () => {
    expect(Object.keys(SPEC_FIELDS).sort()).toEqual(Object.keys(Object.assign(new AppSpec(), RIGHT)).sort());
  });

  it.each(Object.entries(SPEC_FIELDS))('shows a value of %s that is taken', (field, { example }) => {
    // The secrets of the example are among these.
    expect(problemsOf({ env_vars: { TOKEN: 'hunter2' }, [field]: example })).toEqual([]);
    expect(new AppSpec()[field as keyof AppSpec]).not.toEqual(example);
  });
});
