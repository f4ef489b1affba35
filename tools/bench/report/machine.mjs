/**
 * On what the figures were measured.
 */
import { availableParallelism, cpus, release, totalmem } from 'node:os';

/** @import Docker from 'dockerode' */

/** @param {Docker} docker */
export async function machineFacts(docker) {
  const { Version: engine } = await docker.version();
  const ofEngine = await docker
    .info()
    .then((/** @type {{ NCPU: number, Driver: string }} */ { NCPU, Driver }) => ({
      engine_cores: NCPU,
      storage_driver: Driver,
    }));
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model ?? 'unknown',
    memory_mb: Math.round(totalmem() / 1_000_000),
    kernel: release(),
    node: process.versions.node,
    engine,
    ...ofEngine,
  };
}
