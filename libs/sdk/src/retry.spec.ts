import { describe, expect, it } from '@jest/globals';
import { mayRepeat, retryAfterOf, waitBefore } from './retry.js';

const URL = 'http://127.0.0.1/api/v3/apps/shop';

describe('a request may be repeated', () => {
  it.each([
    ['GET', {}, true],
    ['HEAD', {}, true],
    ['PUT', {}, true],
    ['DELETE', {}, true],
    ['GET', { 'If-None-Match': '"1"' }, true],
    ['PUT', { 'If-Match': '"1"' }, false],
    ['PUT', { 'If-None-Match': '*' }, false],
    ['DELETE', { 'If-Match': '"1"' }, false],
    ['POST', {}, false],
    ['PATCH', {}, false],
    ['PATCH', { 'If-Match': '"1"' }, false],
  ])('%s with %j: %s', (method, headers, expected) => {
    expect(mayRepeat(new Request(URL, { method, headers }))).toBe(expected);
  });
});

describe('Retry-After', () => {
  const now = Date.parse('2026-01-31T12:00:00Z');
  it.each([
    ['2', 2],
    ['0', 0],
    ['Sat, 31 Jan 2026 12:00:30 GMT', 30],
    ['Sat, 31 Jan 2026 11:00:00 GMT', 0],
    ['soon', null],
    ['', null],
    ['-1', null],
  ])('%j is %j seconds', (text, seconds) => {
    expect(retryAfterOf(new Headers({ 'retry-after': text }), now)).toBe(seconds);
  });

  it('that is missing is none', () => {
    expect(retryAfterOf(new Headers(), now)).toBeNull();
  });
});

describe('the wait before the next try', () => {
  it('grows, within a limit, and is anything between nothing and that', () => {
    const longest = [1, 2, 3, 4, 5, 6, 7, 50].map((attempt) => waitBefore(attempt, null, 1));
    expect(longest).toEqual([500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000, 8_000]);
    expect(waitBefore(3, null, 0)).toBe(0);
    expect(waitBefore(3, null, 0.5)).toBe(1_000);
  });

  it('is never less than the server asks for, and not the same for all', () => {
    expect(waitBefore(1, 2, 0)).toBe(2_000);
    expect(waitBefore(1, 2, 0.9)).toBeGreaterThan(2_000);
  });
});
