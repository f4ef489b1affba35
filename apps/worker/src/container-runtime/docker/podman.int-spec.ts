import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { makeHttpImageOnPodman } from '../../../../../tools/engine/images.mjs';
import { ensurePackages } from '../../../../../tools/engine/packages.mjs';
import { PODMAN_PACKAGES, startPodman, stopPodman } from '../../../../../tools/engine/podman.mjs';
import { runtimeContract } from '../testing/contract/runtime.contract.js';

runtimeContract(async (registries) => {
  await ensurePackages(PODMAN_PACKAGES, () => undefined);
  const folder = await mkdtemp(join('/run', 'nebula-podman-'));
  const { host } = await startPodman(folder, { registries });
  return {
    // It leaves them to systemd, which a container or a test machine need not have.
    ...{ host, make: makeHttpImageOnPodman, runsHealthChecks: false },
    stop: async () => await stopPodman(folder),
  };
});
