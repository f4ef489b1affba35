import {
  type AppStatus,
  getAppStatus,
  NotConvergedError,
  waitForConvergence,
  type WaitAnswer,
} from '@nebula/sdk';
import type { Session } from '../command.js';
import { summaryOf, tookOf } from '../commands/app-status.js';
import { oneLine } from '../console/table.js';
import { writeLine } from '../console/terminal.js';
import { CommandError, EXIT, Interrupted } from '../usage-error.js';
import { ProgressLine } from './progress-line.js';

export interface Followed {
  app: string;
  /** The desired one when left out. */
  revision?: number;
  timeoutMs: number;
  /** The time limit of all that are waited for together, for the words; `timeoutMs` when left out. */
  limitMs?: number;
  /** Not ended by a failure: a worker may get there with its next try. */
  keepGoing: boolean;
  /** The app is deleted: that nobody runs it is what is waited for. */
  isGone?: boolean;
}

/** Between two looks, milliseconds. The api answers at once when all have converged. */
const LOOK_MS = 1_000;

/**
 * Waits until all workers of an app that are online have converged, and shows how far they are.
 *
 * @throws {CommandError} with 1 for a failure, with its reasons, and for an app that was deleted or made anew since; with
 * 124 when the time is over
 * @throws {Interrupted} which says that the change goes on
 */
export async function follow(
  session: Session,
  { app, revision, timeoutMs, limitMs = timeoutMs, keepGoing, isGone = false }: Followed,
): Promise<void> {
  const { client, terminal, paintBeside: paint } = session;
  const line = new ProgressLine(terminal.stderr);
  const begun = performance.now();
  let looking: Promise<void> = Promise.resolve();
  let isLooking = false;
  let waited = revision;
  try {
    const answer = await waitForConvergence({
      client,
      app,
      timeoutMs,
      progressMs: LOOK_MS,
      failFast: !keepGoing,
      signal: terminal.signal,
      isDeletion: isGone,
      ...(revision === undefined ? {} : { revision }),
      onProgress: (progress) => {
        waited = progress.revision;
        // One at a time: an earlier one that is slow must not write behind the last word.
        if (isLooking) return;
        isLooking = true;
        looking = look().finally(() => (isLooking = false));
      },
    });
    await looking;
    line.end();
    if (isGone || answer.deleted) return sayGone();
    const offline = answer.offline === 0 ? '' : ` ${workers(answer.offline)} offline will follow.`;
    const took = await lastLook();
    writeLine(terminal.stderr, `${paint('green', 'Converged:')} ${reached(answer)}${took}.${offline}`);
  } catch (error) {
    await looking;
    line.end();
    if (terminal.signal.aborted) throw new Interrupted(interrupted(app, waited));
    if (isGone && error instanceof NotConvergedError && error.reason === 'no_workers') return sayGone();
    const isOver = performance.now() - begun >= timeoutMs;
    if (error instanceof NotConvergedError) throw failureOf(error, limitMs, isOver);
    throw error;
  }

  async function look(): Promise<void> {
    const status = await statusOf(session, app);
    if (status !== null) line.show(progressOf(status, waited, paint));
  }

  function sayGone(): void {
    writeLine(terminal.stderr, `${paint('green', 'Gone:')} no worker that is online has ${app}.`);
  }

  async function lastLook(): Promise<string> {
    const convergence = (await statusOf(session, app))?.convergence ?? null;
    return convergence === null ? '' : ` (${tookOf(convergence)})`;
  }
}

/** Null when it can't be had: progress is no reason to fail. */
async function statusOf({ client, terminal }: Session, app: string): Promise<AppStatus | null> {
  try {
    return await getAppStatus({ client, path: { app }, query: { limit: 1 }, signal: terminal.signal });
  } catch {
    return null;
  }
}

function progressOf(status: AppStatus, revision: number | undefined, paint: Session['paint']): string {
  const took = status.convergence === null ? '' : `; p50 ${status.convergence.p50_seconds.toFixed(1)} s`;
  return `${status.app_name} at revision ${revision ?? status.revision}: ${summaryOf(status.summary, paint)}${took}`;
}

/** With another revision after it, workers may have either. */
function reached({ app_name, revision, desired_revision, converged }: WaitAnswer): string {
  if (!(desired_revision > revision))
    return `${app_name} is at revision ${revision} on ${workers(converged)}`;
  const have = converged === 1 ? 'has' : 'have';
  return `${app_name} is at revision ${desired_revision}, which came after ${revision}: ${workers(converged)} ${have} ${revision} or a newer one`;
}

function interrupted(app: string, revision: number | undefined): string {
  const what = revision === undefined ? app : `revision ${revision} of ${app}`;
  return `stopped waiting. ${what} stays, and workers go on with it: nebulactl app wait ${app}`;
}

/** @param isOver whether the time is: without any worker the api may answer at once, as of an app that is deleted */
function failureOf(
  { app, reason, answer, message }: NotConvergedError,
  limitMs: number,
  isOver: boolean,
): CommandError {
  const seconds = limitMs / 1_000;
  if (reason === 'deleted') return new CommandError(`${message}: nebulactl app history ${app}`);
  if (answer === null)
    return new CommandError(`it is not known how far ${app} is: the api did not answer`, EXIT.timeout);
  const { revision, desired_revision, converged, pending, waiting_for } = answer;
  if (reason === 'made_anew')
    return new CommandError(
      `somebody else has made ${app} anew, at revision ${desired_revision}: nebulactl app history ${app}`,
    );
  if (reason === 'no_workers')
    return isOver
      ? new CommandError(`no worker that is online ran ${app} within ${seconds} s`, EXIT.timeout)
      : new CommandError(`no worker that is online runs ${app}, so nothing was waited for`);
  const who = waiting_for.map(({ hostname, state, last_error }) =>
    oneLine(`${hostname} is ${state}${last_error ? `: ${last_error.step}: ${last_error.message}` : ''}`),
  );
  const more = pending > who.length ? [`… and ${pending - who.length} more`] : [];
  const what =
    reason === 'failed'
      ? `revision ${revision} of ${app} failed on ${workers(waiting_for.filter(({ state }) => state === 'failed').length)}`
      : `revision ${revision} of ${app} was not on all workers after ${seconds} s: ${pending} of ${converged + pending} have not converged`;
  return new CommandError(
    [`${what}:`, ...who, ...more].join('\n  '),
    reason === 'failed' ? EXIT.failed : EXIT.timeout,
  );
}

function workers(count: number): string {
  return count === 1 ? '1 worker' : `${count} workers`;
}
