import type { LastError } from '@nebula/contracts';
import type { AppMemory } from '../reconcile/memory.js';
import type { PlanProblem } from '../reconcile/step.js';

/** What is to be reported as the newest failure, kept from plan to plan until the app has converged. */
export type KnownError = Omit<LastError, 'at' | 'retry_at'> & { at: number; retry_at: number | null };

/**
 * The failure to report after a plan: its first problem, else what was reported before, unless all is well.
 *
 * @param now milliseconds since 1970; the time of a problem that has no time of its own and wasn't there before.
 */
export function newestError(
  problems: readonly PlanProblem[],
  before: KnownError | null,
  converged: boolean,
  memory: AppMemory,
  now: number,
): KnownError | null {
  if (converged) return null;
  // Waiting for the engine in the middle of something is no failure.
  const problem = problems.find(({ step, retry_at }) => step !== 'plan' || retry_at === null);
  if (!problem) return before;
  const { step, message, retry_at } = problem;
  return { step, message, retry_at, at: failedAt(problem, memory) ?? timeOfSame(before, problem) ?? now };
}

export function toLastError({ step, message, at, retry_at }: KnownError): LastError {
  return {
    step,
    message,
    at: new Date(at).toISOString(),
    retry_at: retry_at === null ? null : new Date(retry_at).toISOString(),
  };
}

function failedAt({ step, message }: PlanProblem, memory: AppMemory): number | null {
  if (step === 'update') return memory.verdict?.at ?? null;
  const times = Object.values(memory.failures)
    .filter((failure) => failure.step === step && failure.message === message)
    .map((failure) => failure.failed_at);
  return times.length === 0 ? null : Math.max(...times);
}

function timeOfSame(before: KnownError | null, { step, message }: PlanProblem): number | null {
  return before?.step === step && before.message === message ? before.at : null;
}
