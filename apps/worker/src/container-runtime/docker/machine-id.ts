import { createHmac } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { ownContainerId } from './own-container.js';

/** systemd's: made once for an installation, and not to be shown to others. */
const MACHINE_ID = '/etc/machine-id';

/** What engines leave in each container. In there the machine id is that of the image, or of nobody. */
const MARKS = ['/run/.containerenv', '/.dockerenv'];

/** What the id is made for, so that those of other programs differ from it. Never another one: all workers would be new. */
const PURPOSE = 'nebula-worker';

/** Of the server that this process runs on; null where there is none, and in a container, which doesn't see its server's. */
export function machineId(): string | null {
  if (ownContainerId() !== null || MARKS.some((mark) => existsSync(mark))) return null;
  try {
    return readFileSync(MACHINE_ID, 'utf8').trim();
  } catch {
    return null;
  }
}

/**
 * An id for an engine that has none which stays: the same as long as the installation of its server and the folder that
 * it keeps everything in. The machine id is hashed, as `sd_id128_get_machine_app_specific` does it, and can't be found out
 * from it. Null where there is no machine id, or one that is not made yet.
 *
 * @param folder tells the engines of several users of one server apart
 */
export function lastingEngineId(machine: string | null, folder: string): string | null {
  if (machine === null || !/^[0-9a-f]{32}$/.test(machine)) return null;
  const hash = createHmac('sha256', Buffer.from(machine, 'hex')).update(`${PURPOSE}\0${folder}`).digest();
  const hex = hash.subarray(0, 16).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
