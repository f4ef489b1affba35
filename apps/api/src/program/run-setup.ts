import { EXIT } from '@nebula/lifecycle';
import { ManagementError, setupBroker } from '@nebula/messaging';
import { brokerSetupOf, type SetupConfiguration } from './setup-configuration.js';

/**
 * Makes on a broker what api and workers need, and says each thing in a line.
 * @returns the exit code
 */
export async function runSetup(configuration: SetupConfiguration): Promise<number> {
  const setup = brokerSetupOf(configuration);
  try {
    await setupBroker(setup, (line) => process.stdout.write(`${line}\n`));
    return EXIT.stopped;
  } catch (error) {
    if (!(error instanceof ManagementError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return EXIT.failed;
  }
}
