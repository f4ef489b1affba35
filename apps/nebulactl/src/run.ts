import { CommanderError } from 'commander';
import { explain } from './connection/explain.js';
import { paintFor } from './console/colors.js';
import { type Terminal, writeLine } from './console/terminal.js';
import { buildProgram } from './program.js';
import type { World } from './command.js';
import { EXIT, Interrupted } from './usage-error.js';

/**
 * Runs one command line.
 *
 * @param args without the program itself
 * @param now milliseconds since 1970
 * @returns the exit code; nothing is thrown
 */
export async function run(
  args: readonly string[],
  terminal: Terminal,
  now: () => number = Date.now,
): Promise<number> {
  const world: World = { terminal, now, connection: null };
  try {
    await buildProgram(world).parseAsync([...args], { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    // Commander has said what is wrong already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    // Whatever was under way fails in its own way once it is interrupted.
    const isToldAlready = error instanceof Interrupted || !terminal.signal.aborted;
    const reason = isToldAlready ? error : (terminal.signal.reason as unknown);
    const { text, exitCode } = explain(reason, world.connection);
    const paint = paintFor(terminal.stderr, terminal, !args.includes('--no-color'));
    writeLine(terminal.stderr, `${paint('red', 'Error:')} ${text}`);
    return exitCode;
  }
}
