import { until } from '../../running/until.mjs';

/** @import { Program } from '../../idle/program.mjs' */

const LIMIT_MS = 60_000;

/**
 * Resolves when a program answers with a good status, at once.
 * @param {string} url
 * @param {Program} program
 * @param {AbortSignal} stopping
 */
export async function answering(url, program, stopping) {
  await until(
    `${url} answers`,
    async () => {
      if (program.ended()) throw new Error(`the program behind ${url} has ended`);
      try {
        return (await fetch(url)).ok;
      } catch {
        // It doesn't listen yet.
        return false;
      }
    },
    { limitMs: LIMIT_MS, everyMs: 5, stopping },
  );
}
