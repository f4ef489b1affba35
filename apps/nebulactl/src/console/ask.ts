import { CommandError, EXIT, Interrupted, UsageError } from '../usage-error.js';
import { canAsk, readAll, type Terminal, writeLine } from './terminal.js';

/**
 * Asks whether to go on.
 *
 * Without a terminal nobody can answer, and a silent yes would let a script change a fleet by accident: then it is
 * refused, as it is by other tools whose changes are hard to take back.
 *
 * @param yes whether `--yes` has answered already
 * @param otherwise what is with a no, in words
 * @throws {UsageError} without a terminal and without `--yes`
 * @throws {CommandError} for a no
 */
export async function confirm(
  terminal: Terminal,
  question: string,
  yes: boolean,
  otherwise = 'nothing was changed',
): Promise<void> {
  if (yes) return;
  if (!canAsk(terminal))
    throw new UsageError(
      'this asks before it changes anything, and there is no terminal to ask on: add --yes',
    );
  const prompts = await import('@clack/prompts');
  const answer = await prompts.confirm({ message: question, initialValue: false, ...streams(terminal) });
  if (prompts.isCancel(answer)) throw new Interrupted(otherwise);
  if (!answer) throw new CommandError(otherwise, EXIT.failed);
}

/**
 * A secret: the first line of the standard input when that is asked for, else typed unseen.
 * @param what for people, like `Password of admin`
 */
export async function readSecret(
  terminal: Terminal,
  what: string,
  option: string,
  fromInput: boolean,
): Promise<string> {
  if (fromInput) {
    const [line = ''] = (await readAll(terminal.stdin)).split(/\r?\n/);
    if (line === '') throw new UsageError(`${option} found nothing on the standard input`);
    return line;
  }
  if (!canAsk(terminal)) throw new UsageError(`there is no terminal to ask on: give it with ${option}`);
  const prompts = await import('@clack/prompts');
  const answer = await prompts.password({ message: what, ...streams(terminal) });
  if (prompts.isCancel(answer)) throw new Interrupted('nothing was changed');
  if (answer === undefined || answer === '') throw new CommandError('nothing was given');
  return answer;
}

/** A line that is typed. */
export async function askLine(terminal: Terminal, what: string, placeholder: string): Promise<string> {
  const prompts = await import('@clack/prompts');
  const answer = await prompts.text({ message: what, placeholder, defaultValue: '', ...streams(terminal) });
  if (prompts.isCancel(answer)) throw new Interrupted('nothing was changed');
  return answer ?? '';
}

function streams({ stdin, stderr, signal }: Terminal) {
  return { input: stdin, output: stderr, signal, withGuide: false };
}

/** Says something beside the answer. */
export function say({ stderr }: Terminal, text: string): void {
  writeLine(stderr, text);
}
