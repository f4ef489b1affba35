import { type AppSpec, type Size, sizeBytes } from '@nebula/contracts';
import type { NodeFacts, ObservedContainer } from './observed.js';

/** The limits of a container that the engine can change while it runs. Null for none. */
export interface Limits {
  /** Processors. */
  cpus: number | null;
  /** Weight; none is 1024. */
  cpu_shares: number | null;
  /**
   * Microseconds of processor time in each period: what somebody has given beside, since no spec asks for one. -1 takes it
   * away. Null where `cpus` says the same.
   */
  cpu_quota: number | null;
  /** As Docker has it, like `0-2,4`. */
  cpuset: string | null;
  /** Bytes. */
  memory: number | null;
  /** Bytes; -1 takes it away. */
  memory_reservation: number | null;
  /** Memory and swap together, bytes; -1 for unlimited swap. Null without a limit of memory. */
  memory_swap: number | null;
  /** -1 takes it away. */
  pids: number | null;
}

/** Nothing is limited. */
export const NO_LIMITS: Limits = {
  ...{ cpus: null, cpu_shares: null, cpu_quota: null, cpuset: null, pids: null },
  ...{ memory: null, memory_reservation: null, memory_swap: null },
};

/** The engine counts processors in billionths, so no container has anything finer. */
const NANO = 1_000_000_000;

/** Podman counts microseconds in periods of 100 ms: so many billionths of a processor are one. */
const NANO_IN_QUOTA = 10_000;

/** What the engine takes a weight for when none is set. */
const USUAL_SHARES = 1024;

/** The limits that a spec asks for. Swap is as much as memory when nothing is said of it, as Docker has it. */
export function limitsOf({ resources }: AppSpec): Limits {
  const { cpus, cpu_shares, cpuset, pids } = resources;
  const memory = bytes(resources.memory);
  const swap = resources.memory_swap === undefined ? null : sizeBytes(resources.memory_swap);
  return {
    cpus: cpus ? Math.round(cpus * NANO) / NANO : null,
    cpu_shares: cpu_shares || null,
    cpu_quota: null,
    cpuset: cpuset || null,
    memory,
    memory_reservation: bytes(resources.memory_reservation),
    memory_swap: memory === null ? null : swap || memory * 2,
    pids: pids && pids > 0 ? pids : null,
  };
}

/**
 * Limits as one text, by which failures under different ones are told apart: a fingerprint says nothing of them. Undefined
 * without any.
 */
export function limitsMark(limits: Limits): string | undefined {
  const set = Object.entries(limits).filter(([, value]) => value !== null);
  return set.length === 0
    ? undefined
    : set
        .map(([name, value]) => `${name}=${value}`)
        .sort()
        .join();
}

/** The limits under which a container of this spec is made and started, as one text. */
export function markOf(spec: AppSpec): string | undefined {
  return limitsMark(limitsOf(spec));
}

/**
 * The engine can't give the container its limits while it exists, so it has to be made anew. Docker refuses to take away a
 * limit of memory, and takes "no processors named" and "unlimited swap" for "as before".
 */
export function needsNewLimits(
  { limits: has }: Pick<ObservedContainer, 'limits'>,
  spec: AppSpec,
  node: NodeFacts,
): boolean {
  if (!node.can_update && limitChanges({ limits: has }, spec, node) !== null) return true;
  const wanted = limitsOf(spec);
  if (has.memory !== null && wanted.memory === null) return true;
  if (has.cpuset !== null && wanted.cpuset === null) return true;
  const hasFiniteSwap = has.memory !== null && has.memory_swap !== -1;
  return node.swap_limit && wanted.memory_swap === -1 && hasFiniteSwap;
}

/**
 * The limits that have to be set so that a container has those of its spec; null when it has them.
 *
 * @param denied limits that were asked for here and can't be had: they are not asked for again.
 */
export function limitChanges(
  { limits: has }: Pick<ObservedContainer, 'limits'>,
  spec: AppSpec,
  node: NodeFacts,
  denied: Partial<Limits> = {},
): Partial<Limits> | null {
  const wanted = limitsOf(spec);
  const changes: Partial<Limits> = {};
  // The engine takes no number of processors before the quota is gone, so that follows at the next look.
  if (has.cpu_quota !== null) changes.cpu_quota = -1;
  // There is no word for taking this one away: all of the processors are as good.
  else if (!sameCpus(wanted.cpus, has.cpus, node)) changes.cpus = wanted.cpus ?? node.cores;
  if ((wanted.cpu_shares ?? USUAL_SHARES) !== (has.cpu_shares ?? USUAL_SHARES))
    changes.cpu_shares = wanted.cpu_shares ?? USUAL_SHARES;
  if (wanted.cpuset !== has.cpuset && wanted.cpuset !== null) changes.cpuset = wanted.cpuset;
  const sameSwap = !node.swap_limit || wanted.memory_swap === has.memory_swap;
  if (wanted.memory !== null && !(wanted.memory === has.memory && sameSwap)) {
    // In one call: the engine refuses memory above the limit that swap has.
    changes.memory = wanted.memory;
    changes.memory_swap = wanted.memory_swap;
  }
  if (wanted.memory_reservation !== has.memory_reservation)
    changes.memory_reservation = wanted.memory_reservation ?? -1;
  if (wanted.pids !== has.pids) changes.pids = wanted.pids ?? -1;
  return without(changes, denied, has);
}

/** Changes without those that were denied before; null when nothing is left that would be another limit. */
function without(changes: Partial<Limits>, denied: Partial<Limits>, has: Limits): Partial<Limits> | null {
  const asked = limitNames(changes).filter((name) => changes[name] !== denied[name]);
  if (asked.every((name) => changes[name] === has[name])) return null;
  return Object.fromEntries(asked.map((name) => [name, changes[name]]));
}

/** Names of the limits that are said. */
export function limitNames(limits: Partial<Limits>): (keyof Limits)[] {
  return Object.keys(limits) as (keyof Limits)[];
}

function sameCpus(wanted: number | null, has: number | null, { cores, is_podman }: NodeFacts): boolean {
  const wantsAll = wanted === null || wanted === cores;
  const hasAll = has === null || has >= cores;
  if (wantsAll && hasAll) return true;
  if (wanted === null || has === null || !is_podman) return wanted === has;
  return podmanQuota(wanted) === podmanQuota(has);
}

/** What Podman makes of a number of processors: it drops what is less than a microsecond. */
function podmanQuota(cpus: number): number {
  return Math.floor(Math.round(cpus * NANO) / NANO_IN_QUOTA);
}

function bytes(size: Size | undefined): number | null {
  return (size === undefined ? 0 : sizeBytes(size)) || null;
}
