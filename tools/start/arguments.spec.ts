import { describe, expect, it } from '@jest/globals';
import { readArguments } from './arguments.mjs';

const read = (...argv: string[]) => readArguments(argv, ['no-example', 'no-install'], 'npm start');

describe('readArguments', () => {
  it('reads each flag and takes the others as not given', () => {
    expect(read()).toEqual({ kind: 'flags', flags: { 'no-example': false, 'no-install': false } });
    expect(read('--no-install')).toEqual({
      kind: 'flags',
      flags: { 'no-example': false, 'no-install': true },
    });
  });

  it('lets help win, in both spellings', () => {
    expect(read('--no-example', '--help')).toEqual({ kind: 'help' });
    expect(read('-h')).toEqual({ kind: 'help' });
  });

  it.each([
    [['--no-exampel'], 'unknown option --no-exampel'],
    [['-x'], 'unknown option -x'],
    [['up'], 'unknown argument "up"'],
    [['--no-example=yes'], '--no-example takes no value'],
    [['--help', '--frobnicate'], 'unknown option --frobnicate'],
    [['--constructor'], 'unknown option --constructor'],
  ])('refuses %j in one line that says where help is', (argv, problem) => {
    expect(read(...argv)).toEqual({
      kind: 'usage',
      problem: `${problem}; npm start -- --help lists what there is`,
    });
  });
});
