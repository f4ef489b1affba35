import { describe, expect, it } from '@jest/globals';
import { readCommandLine } from './command-line.js';

const read = (...argv: string[]) =>
  readCommandLine(argv, ['serve', 'setup-broker', 'backup'], {
    ...{ files: ['backup'], options: { backup: ['--again'] } },
  });

describe('readCommandLine', () => {
  it.each([
    [[], 'serve'],
    [['serve'], 'serve'],
    [['--', 'setup-broker'], 'setup-broker'],
  ])('%j means %s', (argv, command) => {
    expect(read(...argv)).toEqual({ kind: 'command', command });
  });

  it.each([[['--help']], [['-h']], [['setup-broker', '--help']]])('%j asks for help', (argv) => {
    expect(read(...argv)).toEqual({ kind: 'help' });
  });

  it('gives a command the file that it needs', () => {
    expect(read('backup', 'a b')).toEqual({ kind: 'command', command: 'backup', file: 'a b' });
  });

  it.each([[['backup', 'a', '--again']], [['backup', '--again', 'a']]])('%j has an option', (argv) => {
    const called = { kind: 'command', command: 'backup', file: 'a', options: ['--again'] };
    expect(read(...argv)).toEqual(called);
  });

  it.each([
    [['backup', '--again'], 'backup needs a file: backup FILE'],
    [
      ['setup-broker', '--again'],
      'unknown argument "--again" after setup-broker; known are serve, setup-broker, backup and --help',
    ],
    [['backup'], 'backup needs a file: backup FILE'],
    [
      ['backup', 'a', 'b'],
      'unknown argument "b" after backup "a"; known are serve, setup-broker, backup and --help',
    ],
    [['setup'], 'unknown argument "setup"; known are serve, setup-broker, backup and --help'],
    [['serve', 'x'], 'unknown argument "x" after serve; known are serve, setup-broker, backup and --help'],
    [['--verbose'], 'unknown argument "--verbose"; known are serve, setup-broker, backup and --help'],
  ])('%j is refused', (argv, problem) => {
    expect(() => read(...argv)).toThrow(expect.objectContaining({ problems: [problem], exitCode: 2 }));
  });
});
