import { describe, expect, it } from '@jest/globals';
import { mayRepeat, retryAfterOf, saysNothingWasDone, waitBefore } from './retry.js';

const URL = 'http://127.0.0.1/api/v3/apps/shop';

/** As the system says that a call has failed. */
function failureOf(code: string, syscall?: string): Error {
  return Object.assign(new Error(code), { code, ...(syscall ? { syscall } : {}) });
}

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

describe('a failure says that nothing was done', () => {
  it.each([
    ['ECONNREFUSED', 'connect', true],
    ['ENOTFOUND', 'getaddrinfo', true],
    ['EAI_AGAIN', 'getaddrinfo', true],
    ['UND_ERR_CONNECT_TIMEOUT', undefined, true],
    ['EHOSTUNREACH', 'connect', true],
    ['ENETUNREACH', 'connect', true],
    ['ETIMEDOUT', 'connect', true],
    ['EHOSTUNREACH', 'read', false],
    ['ENETUNREACH', 'write', false],
    ['EHOSTUNREACH', undefined, false],
    ['ETIMEDOUT', 'read', false],
    ['ECONNRESET', 'read', false],
    ['UND_ERR_SOCKET', undefined, false],
  ])('%s of %s: %s', (code, syscall, expected) => {
    const failed = new TypeError('fetch failed', { cause: failureOf(code, syscall) });
    expect(saysNothingWasDone(failed)).toBe(expected);
  });

  it('with several addresses when no connection was made to any of them', () => {
    const failed = (...causes: Error[]) =>
      new TypeError('fetch failed', {
        cause: Object.assign(new AggregateError(causes), { code: 'EHOSTUNREACH' }),
      });
    const [away, timedOut] = [failureOf('EHOSTUNREACH', 'connect'), failureOf('ETIMEDOUT', 'connect')];
    expect(saysNothingWasDone(failed(away, timedOut))).toBe(true);
    expect(saysNothingWasDone(failed(away, failureOf('EHOSTUNREACH', 'read')))).toBe(false);
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
