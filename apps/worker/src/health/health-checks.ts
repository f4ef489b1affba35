import { redactText } from '@nebula/logging';

/** Something that must be there before the worker can do its work. */
export interface HealthCheck {
  name: string;
  /** Null when all is well, else what is missing, in a few words. */
  problem(): string | null | Promise<string | null>;
  /** The worker does its work without it, too: it is told, and no reason not to be ready. */
  isOptional?: boolean;
}

export interface HealthResult {
  name: string;
  problem: string | null;
}

/** Longest wait for one check, milliseconds. */
const CHECK_LIMIT_MS = 2_000;

/** Makes all checks, within a bounded time, and answers their results in order. */
export async function resultsOf(checks: readonly HealthCheck[]): Promise<HealthResult[]> {
  return await Promise.all(checks.map(resultOf));
}

async function resultOf(check: HealthCheck): Promise<HealthResult> {
  const { name } = check;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`does not answer within ${CHECK_LIMIT_MS / 1000} s`), CHECK_LIMIT_MS);
  });
  try {
    const problem = await Promise.race([check.problem(), late]);
    // Drivers word some of them, and whoever asks has no login.
    return { name, problem: problem === null ? null : redactText(problem) };
  } catch {
    return { name, problem: 'could not be checked' };
  } finally {
    clearTimeout(timer);
  }
}
