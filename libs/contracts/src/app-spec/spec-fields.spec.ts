import { describe, expect, it } from '@jest/globals';
import { AppSpec, SPEC_FIELDS, SPEC_MEMBERS } from '../index.js';
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

describe('what is said of the members of fields', () => {
  const members = Object.entries(SPEC_MEMBERS).flatMap(([field, rows]) =>
    Object.entries(rows).map(([member, { example }]) => [field, member, example] as const),
  );

  it.each(members)('shows a value of %s with %s that is taken', (field, member, example) => {
    expect(problemsOf({ [field]: example })).toEqual([]);
    // Not that of another one.
    const name = member.replace(/^….|[:<].*$/g, '').replace(/^\/?(host|name)$/, '');
    expect(JSON.stringify(example)).toContain(name);
  });

  it('is said of each that changes in another way than its field', () => {
    for (const [field, { members: exceptions = {} }] of Object.entries(SPEC_FIELDS)) {
      const rows = SPEC_MEMBERS[field as keyof AppSpec] ?? {};
      expect(Object.keys(rows)).toEqual(expect.arrayContaining(Object.keys(exceptions)));
    }
  });
});
