import { describe, expect, it } from '@jest/globals';
import { freePorts } from './free-ports.mjs';

describe('freePorts', () => {
  it.each([
    ['the wanted ones when they are free', [], 8081],
    ['the next run when the first is taken', [8081], 8082],
    ['the next run that is long enough', [8082, 8085], 8086],
  ])('answers %s', async (_case, taken: number[], first) => {
    expect(await freePorts(8081, 3, async (port) => taken.includes(port))).toBe(first);
  });

  it('does not go beyond the last port', async () => {
    await expect(freePorts(65_534, 3, async () => false)).rejects.toThrow('no 3 neighbouring ports');
  });
});
