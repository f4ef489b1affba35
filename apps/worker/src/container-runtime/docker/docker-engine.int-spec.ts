import { makeHttpImage } from '../../../../../tools/engine/images.mjs';
import { runtimeContract } from '../testing/contract/runtime.contract.js';
import { TEST_DOCKER_HOST } from '../testing/engine-under-test.js';

runtimeContract(async () => ({
  ...{ host: TEST_DOCKER_HOST, make: makeHttpImage, runsHealthChecks: true },
  stop: async () => undefined,
}));
