import { ManagementClient } from './management-client.js';
import { type BrokerSetup, setupParts, type SetupStep } from './setup-parts.js';

/**
 * Makes on a broker all that api and workers need, and sets it right where it is there already: virtual host,
 * users with their passwords and rights, limits, and the way of the reports. Streams are declared by the api.
 * @param say told each thing that is done, in a line
 * @throws {ManagementError} when the broker refuses; what was done until then stays, and running it again goes on
 */
export async function setupBroker(setup: BrokerSetup, say: (line: string) => void): Promise<void> {
  const client = new ManagementClient(setup.management);
  for (const { what, steps } of setupParts(setup)) {
    for (const step of steps) await make(client, step);
    say(what);
  }
}

/**
 * Makes what is missing of it, and changes nothing that is there: neither a password nor a limit that somebody has set
 * to something else.
 * @param found told whether something is missing, before it is made
 * @returns what was made, each in words
 * @throws {ManagementError} when the broker can't be asked, or refuses; what was done until then stays
 */
export async function makeMissing(
  setup: BrokerSetup,
  found: (isMissing: boolean) => void,
  signal?: AbortSignal,
): Promise<string[]> {
  const client = new ManagementClient(setup.management, signal);
  const missing: { what: string; step: SetupStep }[] = [];
  for (const { what, steps } of setupParts(setup)) {
    for (const step of steps) if (!(await client.has(step.place))) missing.push({ what, step });
  }
  found(missing.length > 0);
  for (const { step } of missing) await make(client, step);
  return [...new Set(missing.map(({ what }) => what))];
}

async function make(client: ManagementClient, { place, body, posted_to }: SetupStep): Promise<void> {
  if (posted_to === undefined) await client.put(place, body);
  else await client.post(posted_to, body);
}
