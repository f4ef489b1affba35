import { EXIT } from '@nebula/lifecycle';
import { ManagementError, setupBroker } from '@nebula/messaging';
import { brokerSetupOf } from './kept-broker.js';
import type { RegionConfiguration } from './regions.js';

interface Output {
  say: (line: string) => void;
  fail: (line: string) => void;
}

const TO_TERMINAL: Output = {
  say: (line) => void process.stdout.write(`${line}\n`),
  fail: (line) => void process.stderr.write(`${line}\n`),
};

/**
 * Makes on the broker of each region what api and workers need, and says each thing in a line. One that can't be set up
 * keeps no other waiting.
 * @returns the exit code, 1 when any could not be set up
 */
export async function runSetup(
  regions: readonly RegionConfiguration[],
  { say, fail }: Output = TO_TERMINAL,
): Promise<number> {
  let code: number = EXIT.stopped;
  for (const configuration of regions) {
    const of = regions.length > 1 ? `${configuration.region}: ` : '';
    try {
      await setupBroker(brokerSetupOf(configuration), (line) => say(`${of}${line}`));
    } catch (error) {
      if (!(error instanceof ManagementError)) throw error;
      fail(`${of}${error.message}`);
      code = EXIT.failed;
    }
  }
  return code;
}
