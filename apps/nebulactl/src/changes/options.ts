import { type Command, Option } from 'commander';
import { parseDuration } from '../console/times.js';
import type { Session } from '../command.js';
import { follow } from './follow.js';

/** Of every command that changes an app. */
export interface ChangeOptions {
  yes?: boolean;
  reason?: string;
  dryRun?: boolean;
  wait?: boolean;
  /** Milliseconds. */
  timeout: number;
  keepGoing?: boolean;
}

export function changeOptions(command: Command): Command {
  return timeoutOption(
    dryRunOption(
      command
        .option('-y, --yes', 'do not ask')
        .option('--reason <text>', 'why, for those who read the history'),
    ).option('--wait', 'wait until every worker that is online has converged'),
  );
}

export function dryRunOption(command: Command): Command {
  return command.option('--dry-run', 'show what would change, and change nothing');
}

export function timeoutOption(command: Command): Command {
  return command
    .addOption(
      // Read before anything is done: what is wrong must not be found once the change is made.
      new Option('--timeout <time>', 'how long to wait at most')
        .default(600_000, '"10m"')
        .argParser((text) => parseDuration('--timeout', text)),
    )
    .option('--keep-going', 'wait on when a worker has failed: it may get there with its next try');
}

/**
 * Waits when `--wait` asks for it.
 * @param isGone whether the change has deleted the app
 */
export async function followed(
  session: Session,
  app: string,
  revision: number,
  { wait, timeout: timeoutMs, keepGoing }: ChangeOptions,
  isGone = false,
): Promise<void> {
  if (!wait) return;
  await follow(session, { app, revision, timeoutMs, keepGoing: keepGoing === true, isGone });
}
