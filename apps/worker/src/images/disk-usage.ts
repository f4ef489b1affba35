import { statfs } from 'node:fs/promises';
import type { DiskLimits } from '../worker-options.js';

/** A file system at one moment, bytes. */
export interface DiskUsage {
  used: number;
  /** What programs without special rights may still use. */
  available: number;
}

/**
 * How full the file system of a folder is.
 *
 * @throws when the folder isn't there or can't be reached.
 */
export async function diskUsage(folder: string): Promise<DiskUsage> {
  const { blocks, bfree, bavail, bsize } = await statfs(folder);
  return { used: (blocks - bfree) * bsize, available: bavail * bsize };
}

/** As `df` has it: of what programs may use, not rounded. */
export function usedPercent({ used, available }: DiskUsage): number {
  const whole = used + available;
  return whole === 0 ? 0 : (used / whole) * 100;
}

/**
 * Whether another image is to be removed.
 *
 * @param isCollecting the disk has been too full, and since then not below `low_percent`.
 */
export function isTooFull(disk: DiskUsage, limits: DiskLimits, isCollecting: boolean): boolean {
  const percent = usedPercent(disk);
  return isCollecting ? percent >= limits.low_percent : percent >= limits.high_percent;
}
