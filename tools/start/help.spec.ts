import { describe, expect, it } from '@jest/globals';
import { describeKeys } from '@nebula/configuration';
import { EXIT, STANDALONE_KEYS } from '@nebula/standalone';
import { readFileSync } from 'node:fs';
import { downHelp, KEYS_FILE, startHelp } from './help.mjs';

describe('--help', () => {
  it('has every configuration key as the program has it', () => {
    expect(readFileSync(KEYS_FILE, 'utf8')).toBe(`${describeKeys(STANDALONE_KEYS).trimEnd()}\n`);
    for (const key of Object.keys(STANDALONE_KEYS)) expect(startHelp()).toContain(key.toUpperCase());
  });

  it('names every exit code', () => {
    for (const code of Object.values(EXIT)) expect(startHelp()).toMatch(new RegExp(`^  ${code} `, 'm'));
  });

  it('lists the options of both commands', () => {
    for (const option of ['--no-example', '--no-install', '--help']) expect(startHelp()).toContain(option);
    for (const option of ['--yes', '--forget', '--help']) expect(downHelp()).toContain(option);
  });
});
