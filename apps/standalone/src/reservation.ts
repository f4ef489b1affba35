import type { StandaloneConfiguration } from './configuration.js';
import { checkListenAddress, claimStateFolder, type StateClaim } from '@nebula/lifecycle';
import { openStateFolder, type StateFolder } from './state-folder.js';

/** What a start needs for itself alone: the state folder and the api's port. */
export interface Reservation {
  folder: StateFolder;
  claim: StateClaim;
}

/**
 * Makes sure of both before anything is begun that costs time.
 * @throws {StartError} when one of them can't be had
 */
export async function reserve(configuration: StandaloneConfiguration): Promise<Reservation> {
  const folder = await openStateFolder(configuration.state_dir);
  const claim = await claimStateFolder(folder);
  try {
    await checkListenAddress(configuration.api_host, configuration.api_port);
  } catch (error) {
    await claim.release();
    throw error;
  }
  return { folder, claim };
}
