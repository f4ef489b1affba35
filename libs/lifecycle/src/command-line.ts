import { EXIT, StartError } from './start-error.js';

/** What a program was called with: a command (the first when none is named), or a wish for help. */
export type Called<Command extends string> = { kind: 'help' } | { kind: 'command'; command: Command };

/**
 * Reads the arguments of a program that has commands and no options but `--help`.
 * @param commands the first is the default
 * @throws {StartError} with exit code 2 and what is known
 */
export function readCommandLine<Command extends string>(
  argv: readonly string[],
  commands: readonly [Command, ...Command[]],
): Called<Command> {
  const words = argv.filter((argument) => argument !== '--');
  if (words.some((word) => word === '--help' || word === '-h' || word === 'help')) return { kind: 'help' };
  const [word, more] = words;
  if (word === undefined) return { kind: 'command', command: commands[0] };
  const command = commands.find((name) => name === word);
  const known = `known are ${commands.join(', ')} and --help`;
  if (command === undefined)
    throw new StartError([`unknown argument ${JSON.stringify(word)}; ${known}`], EXIT.usage);
  if (more !== undefined) {
    throw new StartError([`unknown argument ${JSON.stringify(more)} after ${command}; ${known}`], EXIT.usage);
  }
  return { kind: 'command', command };
}
