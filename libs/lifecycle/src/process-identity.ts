import { readFile } from 'node:fs/promises';

/** Tells a process from every other one, later ones with the same id included. */
export interface ProcessIdentity {
  pid: number;
  /** Clock ticks between the machine's boot and the start of the process. */
  startTime: string;
  /** The kernel's random id of this boot. */
  bootId: string;
}

/**
 * The identity of a running process from Linux' /proc, null when there is none with this id. A zombie counts as
 * gone: it holds nothing any more.
 */
export async function identityOf(pid: number): Promise<ProcessIdentity | null> {
  try {
    const [stat, bootId] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    ]);
    // The second field is the program's name in parentheses, which may hold anything, so count from its end.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, startTime] = [fields[0], fields[19]];
    if (state === 'Z' || state === 'X' || startTime === undefined) return null;
    return { pid, startTime, bootId: bootId.trim() };
  } catch {
    return null;
  }
}
