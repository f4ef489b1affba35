import { afterAll, beforeAll } from '@jest/globals';
import { changesContract } from './changes.contract.js';
import { ContractBed, type StartEngine } from './contract-bed.js';
import { eventsContract } from './events.contract.js';
import { imagesContract } from './images.contract.js';
import { lifeContract } from './life.contract.js';
import { listingContract } from './listing.contract.js';
import { networksContract } from './networks.contract.js';
import { programContract } from './program.contract.js';
import { refusalsContract } from './refusals.contract.js';

/**
 * The behaviour of `ContainerRuntime`, for every engine. What an engine can't do its facts say, and then the port's error is
 * the declared one.
 */
export function runtimeContract(start: StartEngine): void {
  const bed = new ContractBed(start);
  beforeAll(async () => await bed.open(), 180_000);
  afterAll(async () => await bed.close(), 60_000);
  lifeContract(bed);
  refusalsContract(bed);
  listingContract(bed);
  programContract(bed);
  changesContract(bed);
  networksContract(bed);
  imagesContract(bed);
  eventsContract(bed);
}
