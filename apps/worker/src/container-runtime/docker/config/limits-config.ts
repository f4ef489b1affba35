import type { HostConfig } from 'dockerode';
import type { Limits } from '../../../reconcile/limits.js';

const NANO = 1_000_000_000;

/** Docker's form of limits; those that aren't given are left out, which is no limit at a creation, and no change at an update. */
export function dockerLimits(limits: Partial<Limits>): HostConfig {
  const { cpus, cpu_shares, cpu_quota, cpuset, memory, memory_reservation, memory_swap, pids } = limits;
  return {
    ...(isSet(cpus) ? { NanoCpus: Math.round(cpus * NANO) } : {}),
    ...(isSet(cpu_shares) ? { CpuShares: cpu_shares } : {}),
    ...(isSet(cpu_quota) ? { CpuQuota: cpu_quota } : {}),
    ...(isSet(cpuset) ? { CpusetCpus: cpuset } : {}),
    ...(isSet(memory) ? { Memory: memory } : {}),
    ...(isSet(memory_reservation) ? { MemoryReservation: memory_reservation } : {}),
    ...(isSet(memory_swap) ? { MemorySwap: memory_swap } : {}),
    ...(isSet(pids) ? { PidsLimit: pids } : {}),
  };
}

/** The limits that the engine has noted for a container. It has several words for none. */
export function limitsIn(config: HostConfig): Limits {
  const positive = (value: number | null | undefined): number | null => (value && value > 0 ? value : null);
  return {
    cpus: config.NanoCpus ? config.NanoCpus / NANO : null,
    cpu_shares: positive(config.CpuShares),
    // Podman says of a number of processors also which quota it makes of it.
    cpu_quota: config.NanoCpus ? null : positive(config.CpuQuota),
    cpuset: config.CpusetCpus || null,
    memory: positive(config.Memory),
    memory_reservation: positive(config.MemoryReservation),
    memory_swap: config.MemorySwap || null,
    pids: positive(config.PidsLimit),
  };
}

/**
 * The container has a limit that no app can have, and that stays until the container is gone: an update takes "none" for
 * "as before".
 */
export function hasLastingLimits(config: HostConfig): boolean {
  const { BlkioWeight, CpusetMems, CpuPeriod, CpuQuota, CpuRealtimePeriod, CpuRealtimeRuntime } = config;
  const { KernelMemory, NanoCpus } = config;
  // Podman says of a number of processors also which period it makes of it.
  const hasPeriod = Boolean(CpuPeriod) && !NanoCpus;
  // "No quota" beside a number of processors has its way at the next start of the container, and at once when it came last.
  const hasNoLimit = Boolean(NanoCpus) && (CpuQuota ?? 0) < 0;
  const isAnother = Boolean(BlkioWeight || CpusetMems || CpuRealtimePeriod || CpuRealtimeRuntime);
  // Engines with API 1.41 and older take it; later ones know no such limit, and leave it out of what they say.
  const hasKernelMemory = (KernelMemory ?? 0) > 0;
  return hasPeriod || hasNoLimit || hasKernelMemory || isAnother;
}

function isSet<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}
