import { loadStandaloneConfiguration } from './configuration.js';
import { reserve } from './reservation.js';
import { createStandaloneLogger } from './standalone-logger.js';
import { startStandalone } from './standalone.js';
import { EXIT, StartError } from './start-error.js';
import { StopSignals } from './stop-signals.js';

/** Runs until a signal comes. Answers the exit code. */
async function main(): Promise<number> {
  try {
    const configuration = loadStandaloneConfiguration();
    const reservation = await reserve(configuration);
    const signals = new StopSignals(process, () => process.exit(EXIT.interrupted));
    const logger = createStandaloneLogger(configuration);
    const standalone = await startStandalone(configuration, reservation, logger);
    await signals.requested();
    await standalone.stop();
    logger.log('api and worker stopped; containers keep running');
    return EXIT.stopped;
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    for (const problem of error.problems) console.error(problem);
    return error.exitCode;
  }
}

process.exit(await main());
