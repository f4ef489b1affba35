import { type DestinationStream, destination as openDestination } from 'pino';
import { prettyFactory } from 'pino-pretty';

/** Takes whole lines. */
export interface LineOutput {
  write(line: string): void;
}

/**
 * Standard output. Writes are synchronous, so that nothing is lost when the process ends right after a line; a
 * closed pipe silences the log and ends nothing.
 */
export function standardOutput(): LineOutput {
  return openDestination({ fd: 1, sync: true });
}

/** For people on a terminal. In this thread, without a stream in between, for the same reason. */
export function prettyOutput(output: LineOutput, colours: boolean): DestinationStream {
  const format = prettyFactory({
    colorize: colours,
    translateTime: 'SYS:HH:MM:ss.l',
    // The name of the program and the id of its worker are the same in each of its lines, and the id is long.
    ignore: 'name,context,worker',
    singleLine: true,
    errorLikeObjectKeys: ['err'],
    messageFormat: (line, key) => {
      const { context, [key]: message } = line;
      const text = typeof message === 'string' ? message : '';
      return typeof context === 'string' ? `${context}: ${text}` : text;
    },
  });
  return { write: (line) => output.write(format(line)) };
}
