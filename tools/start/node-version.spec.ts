import { describe, expect, it } from '@jest/globals';
import { nodeVersionProblem } from './node-version.mjs';

describe('nodeVersionProblem', () => {
  it.each(['20.19.0', '20.20.2', '21.0.0', '22.4.1', '24.0.0'])('takes %s', (version) => {
    expect(nodeVersionProblem(version)).toBeNull();
  });

  it.each(['20.18.3', '18.20.0', '14.8.0'])('refuses %s and names both versions', (version) => {
    expect(nodeVersionProblem(version)).toBe(`Nebula needs Node 20.19 or later; this is Node ${version}.`);
  });
});
