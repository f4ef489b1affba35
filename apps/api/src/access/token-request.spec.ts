import { describe, expect, it } from '@jest/globals';
import { ProblemError } from '../http/problem.js';
import { readTokenRequest } from './token-request.js';

const NOW = Date.parse('2026-11-28T12:00:00Z');
const NO_INSTANT = '/expires_at must be an instant with its time zone, like 2027-01-31T12:00:00Z.';

function read(expires_at: unknown): string | null {
  return readTokenRequest({ name: 'ci', rights: 'ro', expires_at }, NOW).expires_at;
}

function refusal(expires_at: unknown): string {
  try {
    read(expires_at);
  } catch (error) {
    if (error instanceof ProblemError) return error.message;
    throw error;
  }
  throw new Error(`${String(expires_at)} was taken`);
}

describe('when a token expires', () => {
  it.each([
    ['2027-01-31T12:00:00Z', '2027-01-31T12:00:00.000Z'],
    ['2027-01-31T12:00Z', '2027-01-31T12:00:00.000Z'],
    ['2028-02-29T23:59:59.123456789+01:30', '2028-02-29T22:29:59.123Z'],
    ['2026-12-31T23:30:00-01:00', '2027-01-01T00:30:00.000Z'],
    ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59.000Z'],
    [null, null],
    [undefined, null],
  ])('is taken as %s', (given, kept) => {
    expect(read(given)).toBe(kept);
  });

  it.each([
    '2027-02-29T00:00:00Z',
    '2027-02-30T00:00:00Z',
    '2027-04-31T12:00:00+02:00',
    '2027-01-00T00:00:00Z',
    '2027-13-01T00:00:00Z',
    '2027-01-01T24:00:00Z',
    '2027-01-01T12:60:00Z',
    '2027-01-01T12:00:60Z',
    '2027-01-01T12:00:00+24:00',
    '2027-01-01T12:00:00',
    '2027-01-01',
    '+010000-01-01T00:00:00Z',
    'in a year',
    '',
    1_900_000_000_000,
    // Of a year that has five digits in UTC.
    '9999-12-31T23:59:59-23:59',
  ])('is not taken as %s', (given) => {
    expect(refusal(given)).toBe(NO_INSTANT);
  });

  it.each(['2026-11-28T12:00:00Z', '0001-01-01T00:00:00Z', '2026-11-28T14:00:00+02:00'])(
    'has to be in the future: %s',
    (given) => {
      expect(refusal(given)).toBe('/expires_at must be in the future.');
    },
  );
});
