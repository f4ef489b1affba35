/**
 * On what the figures were measured.
 */
import { availableParallelism, cpus, release, totalmem } from 'node:os';

/** @import Docker from 'dockerode' */

/** @param {Docker} docker */
export async function machineFacts(docker) {
  const info = await docker.info();
  const version = await docker.version();
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model ?? 'unknown',
    memory_mb: Math.round(totalmem() / 1_000_000),
    kernel: release(),
    node: process.versions.node,
    engine: version.Version,
    engine_cores: info.NCPU,
    storage_driver: info.Driver,
  };
}
