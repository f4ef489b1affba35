import { describe, expect, it } from '@jest/globals';
import { parseAppName } from '../index.js';
import { problemsOf } from './testing/problems.js';

const ALLOWED = '1 to 63 letters (a-z, A-Z), digits, "_", "." and "-", beginning with a letter or digit';

describe('app_name', () => {
  it.each(['a', '0', 'shop', 'Shop_1.2-x', 'a'.repeat(63)])('takes %s', (name) => {
    expect(problemsOf({ app_name: name })).toEqual([]);
    expect(parseAppName(name)).toEqual({ ok: true, value: name });
  });

  it.each(['', '-a', '.a', '_a', 'a b', 'a/b', 'a:b', 'ä', 'a\n', 'a\0', '../a', 'a'.repeat(64)])(
    'refuses %j and says which characters can',
    (name) => {
      expect(problemsOf({ app_name: name })).toEqual([`/app_name must be ${ALLOWED}`]);
      expect(parseAppName(name)).toEqual({
        ok: false,
        problems: [{ pointer: '', value: expect.any(String), message: `must be ${ALLOWED}` }],
      });
    },
  );

  it.each([null, 5, true, ['a'], {}])('refuses %j', (name) => {
    expect(problemsOf({ app_name: name })).toEqual([
      expect.stringMatching(/^\/app_name must be text: 1 to 63/),
    ]);
    expect(parseAppName(name).ok).toBe(false);
  });

  it('is required', () => {
    expect(problemsOf({ app_name: undefined })).toEqual([`/app_name is required: ${ALLOWED}`]);
    expect(parseAppName(undefined).ok).toBe(false);
  });
});
