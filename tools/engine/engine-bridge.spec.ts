import { describe, expect, it } from '@jest/globals';
import { freeRange, parseRange } from './engine-bridge.mjs';

describe('a free range of addresses', () => {
  it('is the preferred one when nothing uses it', () => {
    expect(freeRange([], 0)).toBe('10.210.0.0/16');
    expect(freeRange([], 3)).toBe('10.213.0.0/16');
    expect(freeRange([], 3 + 54 * 7)).toBe('10.213.0.0/16');
  });

  it.each(['10.210.0.0/16', '10.210.3.7/32', '10.210.255.0/24', '10.208.0.0/12'])(
    'is none that %s uses',
    (used) => {
      expect(freeRange([used].map(parseRange), 0)).not.toBe('10.210.0.0/16');
    },
  );

  it('skips a whole network that is in use', () => {
    expect(freeRange(['10.0.0.0/8', '172.18.0.1/16'].map(parseRange), 0)).toBe('172.19.0.0/16');
  });

  it('may not exist', () => {
    expect(() => freeRange(['10.0.0.0/8', '172.16.0.0/12'].map(parseRange), 0)).toThrow(
      'in use on this machine',
    );
  });
});
