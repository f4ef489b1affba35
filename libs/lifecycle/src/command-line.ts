import { shownValue } from '@nebula/configuration';
import { EXIT, StartError } from './start-error.js';

/**
 * What a program was called with: a command (the first when none is named), with the file that it works on where it
 * takes one, or a wish for help.
 */
export type Called<Command extends string> =
  | { kind: 'help' }
  | { kind: 'command'; command: Command; file?: string };

/**
 * Reads the arguments of a program that has commands and no options but `--help`.
 * @param commands the first is the default
 * @param withFile those of them that must be given a file
 * @throws {StartError} with exit code 2 and what is known
 */
export function readCommandLine<Command extends string>(
  argv: readonly string[],
  commands: readonly [Command, ...Command[]],
  withFile: readonly Command[] = [],
): Called<Command> {
  const words = argv.filter((argument) => argument !== '--');
  if (words.some((word) => word === '--help' || word === '-h' || word === 'help')) return { kind: 'help' };
  const [word, ...rest] = words;
  if (word === undefined) return { kind: 'command', command: commands[0] };
  const command = commands.find((name) => name === word);
  const known = `known are ${commands.join(', ')} and --help`;
  if (command === undefined)
    throw new StartError([`unknown argument ${shownValue(word)}; ${known}`], EXIT.usage);
  const takesFile = withFile.includes(command);
  const file = takesFile ? rest.shift() : undefined;
  const [more] = rest;
  if (more !== undefined) {
    const after = takesFile ? `${command} ${shownValue(file)}` : command;
    throw new StartError([`unknown argument ${shownValue(more)} after ${after}; ${known}`], EXIT.usage);
  }
  if (!takesFile) return { kind: 'command', command };
  if (file === undefined) throw new StartError([`${command} needs a file: ${command} FILE`], EXIT.usage);
  return { kind: 'command', command, file };
}
