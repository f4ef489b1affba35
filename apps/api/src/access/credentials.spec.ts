import { expect, it } from '@jest/globals';
import { readCredentials } from './credentials.js';
import { basic } from './testing/logins.js';

it.each([
  [basic('admin', 'x'), { scheme: 'basic', user: 'admin', password: 'x' }],
  [basic('admin', 'a:b: ü'), { scheme: 'basic', user: 'admin', password: 'a:b: ü' }],
  [basic('', ''), { scheme: 'basic', user: '', password: '' }],
  ['bAsIc  YTpi', { scheme: 'basic', user: 'a', password: 'b' }],
  ['Bearer abc.~+/-_=', { scheme: 'bearer', token: 'abc.~+/-_=' }],
])('%s is understood', (header, credentials) => {
  expect(readCredentials(header)).toEqual(credentials);
});

it.each(['', 'Basic', 'Basic !!!', 'Basic YWI=', 'Digest x', 'Bearer', 'Bearer a b', 'YTpi', 'Basic YTpi x'])(
  '%j says nothing',
  (header) => {
    expect(readCredentials(header)).toBeNull();
  },
);
