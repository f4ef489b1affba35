import { shownValue } from '@nebula/configuration';
import { EXIT, StartError } from './start-error.js';

/**
 * What a program was called with: a command (the first when none is named), with the file that it works on where it
 * takes one and the options that it was given, or a wish for help.
 */
export type Called<Command extends string> =
  | { kind: 'help' }
  | { kind: 'command'; command: Command; file?: string; options?: string[] };

/**
 * Reads the arguments of a program that has commands.
 * @param commands the first is the default
 * @param taken.files those of them that must be given a file
 * @param taken.options what each of them may be given beside that, anywhere behind it; `--help` is known to all
 * @throws {StartError} with exit code 2 and what is known
 */
export function readCommandLine<Command extends string>(
  argv: readonly string[],
  commands: readonly [Command, ...Command[]],
  taken: { files?: readonly Command[]; options?: Partial<Record<Command, readonly string[]>> } = {},
): Called<Command> {
  const words = argv.filter((argument) => argument !== '--');
  if (words.some((word) => word === '--help' || word === '-h' || word === 'help')) return { kind: 'help' };
  const [word, ...rest] = words;
  if (word === undefined) return { kind: 'command', command: commands[0] };
  const command = commands.find((name) => name === word);
  const known = `known are ${commands.join(', ')} and --help`;
  if (command === undefined)
    throw new StartError([`unknown argument ${shownValue(word)}; ${known}`], EXIT.usage);
  const mayHave: readonly string[] = taken.options?.[command] ?? [];
  const options = rest.filter((argument) => mayHave.includes(argument));
  const others = rest.filter((argument) => !mayHave.includes(argument));
  const takesFile = taken.files?.includes(command) ?? false;
  const file = takesFile ? others.shift() : undefined;
  const [more] = others;
  if (more !== undefined) {
    const after = takesFile ? `${command} ${shownValue(file)}` : command;
    throw new StartError([`unknown argument ${shownValue(more)} after ${after}; ${known}`], EXIT.usage);
  }
  if (takesFile && file === undefined)
    throw new StartError([`${command} needs a file: ${command} FILE`], EXIT.usage);
  return {
    kind: 'command',
    command,
    ...(file === undefined ? {} : { file }),
    ...(options.length === 0 ? {} : { options }),
  };
}
