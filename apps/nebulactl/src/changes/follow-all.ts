import type { Session } from '../command.js';
import { explain } from '../connection/explain.js';
import { CommandError, EXIT, Interrupted } from '../usage-error.js';
import { follow, type Followed } from './follow.js';
import type { ChangeOptions } from './options.js';

/**
 * Waits for one app after the other, all within the time limit, and for each whatever becomes of the others: when the
 * time is over it is still looked how far the rest is.
 *
 * @returns what failed, in the order of the apps
 * @throws {Interrupted} which says that the changes go on
 */
export async function followAll(
  session: Session,
  followed: readonly Pick<Followed, 'app' | 'revision' | 'isGone'>[],
  { timeout: limitMs, keepGoing = false }: Pick<ChangeOptions, 'timeout' | 'keepGoing'>,
): Promise<CommandError[]> {
  const end = performance.now() + limitMs;
  const failures: CommandError[] = [];
  for (const each of followed) {
    const timeoutMs = Math.max(1, end - performance.now());
    try {
      await follow(session, { ...each, timeoutMs, limitMs, keepGoing });
    } catch (error) {
      if (error instanceof Interrupted || session.terminal.signal.aborted) throw error;
      const { text, exitCode } = explain(error, session.connection);
      failures.push(new CommandError(text, exitCode));
    }
  }
  return failures;
}

/** Several failures as one, which is one of time alone only when all of them are. Null for none. */
export function together(failures: readonly CommandError[]): CommandError | null {
  if (failures.length === 0) return null;
  const isTime = failures.every(({ exitCode }) => exitCode === EXIT.timeout);
  const text = failures.map(({ message }) => message).join('\n');
  return new CommandError(text, isTime ? EXIT.timeout : EXIT.failed);
}
