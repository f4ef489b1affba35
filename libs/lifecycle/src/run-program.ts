import { EXIT, StartError } from './start-error.js';
import { StopSignals } from './stop-signals.js';

/**
 * Runs a program to its end and ends the process with its exit code. A start that can't go on prints one line for
 * each problem. A second signal ends the process at once.
 * @param run resolves to the exit code; the program ends when `signals` say so
 */
export async function runProgram(run: (signals: StopSignals) => Promise<number>): Promise<never> {
  try {
    const signals = new StopSignals(process, () => process.exit(EXIT.interrupted));
    process.exit(await run(signals));
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    for (const problem of error.problems) process.stderr.write(`${problem}\n`);
    process.exit(error.exitCode);
  }
}
