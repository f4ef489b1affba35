import { EXIT, runProgram } from '@nebula/lifecycle';
import { loadStandaloneConfiguration } from './configuration.js';
import { reserve } from './reservation.js';
import { createStandaloneLogger } from './standalone-logger.js';
import { startStandalone } from './standalone.js';

await runProgram(async (signals) => {
  const configuration = loadStandaloneConfiguration();
  const reservation = await reserve(configuration);
  const logger = createStandaloneLogger(configuration);
  const standalone = await startStandalone(configuration, reservation, logger);
  await signals.requested();
  await standalone.stop();
  logger.log('api and worker stopped; containers keep running');
  return EXIT.stopped;
});
