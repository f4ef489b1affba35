import { searchForSecrets } from '../../tools/test/known-secrets.mjs';

/** What `/readyz` of an api or a worker has answered. */
export interface Readiness {
  status: number;
  checks: { name: string; problem: string | null }[];
}

/**
 * @param port of 127.0.0.1
 * @throws {Error} when nobody answers
 */
export async function readiness(port: string): Promise<Readiness> {
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(10_000) });
  const text = await answer.text();
  searchForSecrets(text, 'an answer of /readyz');
  return { status: answer.status, checks: (JSON.parse(text) as Pick<Readiness, 'checks'>).checks };
}
