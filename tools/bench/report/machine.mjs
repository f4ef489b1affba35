/**
 * On what the figures were measured.
 */
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';

/** @import Docker from 'dockerode' */

export function machineFacts() {
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model ?? 'unknown',
    memory_mb: Math.round(totalmem() / 1_000_000),
    kernel: release(),
    node: process.versions.node,
    /** Over the minute before: what else ran on the machine. */
    load_before: loadavg()[0] ?? 0,
  };
}

/** @param {Docker} docker */
export async function engineFacts(docker) {
  const { Version: engine } = await docker.version();
  const ofEngine = await docker
    .info()
    .then((/** @type {{ NCPU: number, Driver: string }} */ { NCPU, Driver }) => ({
      engine_cores: NCPU,
      storage_driver: Driver,
    }));
  return { engine, ...ofEngine };
}
