import type { NebulaClient } from './client.js';
import { isTransient, NebulaApiError, NebulaError } from './errors.js';
import { waitForApp } from './generated/sdk.gen.js';
import type { WaitAnswer } from './generated/types.gen.js';
import { pause } from './pause.js';
import { waitBefore } from './retry.js';

export interface ConvergenceOptions {
  client: NebulaClient;
  /** Name of the app. */
  app: string;
  /** The one that a change has answered; the desired one when left out. Workers that have a newer one count, too. */
  revision?: number;
  /** The revision has deleted the app, as the answer to a deletion has said. It is found out when left out, unless the app is made anew at once. */
  isDeletion?: boolean;
  /** How long to wait at most, milliseconds; 10 minutes when left out. */
  timeoutMs?: number;
  /** Told how far the workers are: at once, then every `progressMs`, and at the end. */
  onProgress?: (answer: WaitAnswer) => void;
  /** Milliseconds, of which whole seconds are made; 5,000 when left out. From 1,000 to 600,000: what is beyond becomes the nearer. */
  progressMs?: number;
  /** Give up as soon as a worker has failed. Left out, it has all the time to try again. */
  failFast?: boolean;
  /** Ends the waiting; its reason is thrown. */
  signal?: AbortSignal;
}

/** What the api waits at least without a loop that asks and asks, and at most. */
const SHORTEST_LOOK_MS = 1_000;
const LONGEST_LOOK_MS = 600_000;

/**
 * `timeout`: the time is over. `failed`: a worker has failed, with `failFast`. `no_workers`: there is none to wait for.
 * `deleted`: a later revision has deleted the app. `made_anew`: a deletion was waited for, and there is an app again.
 */
export type NotConvergedReason = 'timeout' | 'failed' | 'no_workers' | 'deleted' | 'made_anew';

/** The workers have not converged. */
export class NotConvergedError extends NebulaError {
  override readonly name = 'NotConvergedError';

  /** @param answer who has not, and why; null when the api could never be asked */
  constructor(
    readonly app: string,
    readonly reason: NotConvergedReason,
    readonly answer: WaitAnswer | null,
    options?: ErrorOptions,
  ) {
    super(messageOf(app, reason, answer), options);
  }
}

/**
 * Waits until every worker of an app that is not offline has converged on a revision or a newer one, of which
 * `desired_revision` tells. An api that is away meanwhile is waited for. A deletion is waited for when the revision is
 * its own; then one that comes after it is waited for in its place, and an app that was made anew is no success. Of
 * another revision a deletion after it is none.
 *
 * @returns the last answer of the api, whose `outcome` is `converged`
 * @throws {NotConvergedError} when it does not come to that
 * @throws {NebulaApiError} when the api refuses: there is no such app or revision, or one may not see it
 */
export async function waitForConvergence(options: ConvergenceOptions): Promise<WaitAnswer> {
  const { app, revision, timeoutMs = 600_000, progressMs = 5_000, failFast = false, onProgress } = options;
  const lookMs = Math.min(Math.max(progressMs, SHORTEST_LOOK_MS), LONGEST_LOOK_MS);
  const endsAt = performance.now() + timeoutMs;
  const left = () => Math.max(0, endsAt - performance.now());
  // The first only looks, so that progress is known at once.
  let answer = await look(options, { revision, seconds: 0, left, last: null });
  let isFinal = false;
  let { isDeletion = false } = options;
  for (;;) {
    onProgress?.(answer);
    // An api of before tells of neither.
    isDeletion ||= answer.deleted && answer.desired_revision === answer.revision;
    if (isDeletion && answer.deleted === false) throw new NotConvergedError(app, 'made_anew', answer);
    if (isDeletedSince(answer)) {
      if (!isDeletion) throw new NotConvergedError(app, 'deleted', answer);
      // What is known of the workers is of the earlier deletion.
      answer = await look(options, { revision: answer.desired_revision, seconds: 0, left, last: answer });
      continue;
    }
    if (answer.outcome === 'converged') return answer;
    if (failFast && answer.waiting_for.some(({ state }) => state === 'failed'))
      throw new NotConvergedError(app, 'failed', answer);
    if (isFinal || left() === 0) throw new NotConvergedError(app, answer.outcome, answer);
    const seconds = Math.ceil(Math.min(left(), lookMs) / 1_000);
    const begun = performance.now();
    answer = await look(options, { revision: answer.revision, seconds, left, last: answer });
    // Of a deleted app that no worker has there is nothing to wait for, and the api doesn't.
    isFinal = answer.outcome === 'no_workers' && performance.now() - begun < seconds * 500;
  }
}

interface Look {
  revision: number | undefined;
  /** How long the api shall wait. */
  seconds: number;
  /** Milliseconds. */
  left: () => number;
  last: WaitAnswer | null;
}

/** Asks once, and again while the api is away. */
async function look(
  { client, app, signal }: ConvergenceOptions,
  { revision, seconds, left, last }: Look,
): Promise<WaitAnswer> {
  const query = { timeout: seconds, ...(revision === undefined ? {} : { revision }) };
  for (let failures = 1; ; failures += 1) {
    try {
      return await waitForApp({ client, path: { app }, query, ...(signal ? { signal } : {}) });
    } catch (error) {
      if (!isTransient(error)) throw error;
      const retryAfter = error instanceof NebulaApiError ? error.retryAfter : null;
      const wait = waitBefore(failures, retryAfter, Math.random());
      if (wait >= left()) throw new NotConvergedError(app, 'timeout', last, { cause: error });
      await pause(wait, signal);
    }
  }
}

/** Not known of an api of before, which tells of neither. */
function isDeletedSince({ revision, desired_revision, deleted }: WaitAnswer): boolean {
  return deleted && desired_revision > revision;
}

function messageOf(app: string, reason: NotConvergedReason, answer: WaitAnswer | null): string {
  if (answer === null) return `it is not known how far ${app} is: the api did not answer`;
  const { revision, desired_revision, converged, pending, waiting_for } = answer;
  if (reason === 'deleted')
    return `${app} was deleted at revision ${desired_revision}, so no worker will have revision ${revision} of it`;
  if (reason === 'made_anew')
    return `${app} was made anew at revision ${desired_revision} after its deletion`;
  if (reason === 'no_workers') return `no worker runs ${app} that could be waited for`;
  const who = waiting_for.slice(0, 3).map(({ hostname, state, last_error }) => {
    return `${hostname} is ${state}${last_error ? ` (${last_error.step}: ${last_error.message})` : ''}`;
  });
  const more = pending > who.length ? `, and ${pending - who.length} more` : '';
  return `${pending} of ${converged + pending} workers have not converged on revision ${revision} of ${app}: ${who.join(', ')}${more}`;
}
