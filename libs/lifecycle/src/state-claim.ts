import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identityOf, type ProcessIdentity } from './process-identity.js';
import { EXIT, StartError } from './start-error.js';

/** A folder that one process at a time may use. */
export interface ClaimableFolder {
  path: string;
  /** Folder for the claims on it, one file per process. */
  claims: string;
}

/** The right to use a state folder, for one process at a time. */
export interface StateClaim {
  release(): Promise<void>;
}

const ATTEMPTS = 3;

/**
 * Claims a state folder for this process. Every process puts down a file named by its own identity first and
 * looks for others second, so that of two at the same time at least one sees the other; there is no moment at
 * which both go on. A claim whose process is gone counts for nothing, however the process ended and whoever has
 * its id now. Processes that can't see each other (in containers of their own) aren't told apart.
 * @throws {StartError} when another running process has it
 */
export async function claimStateFolder(folder: ClaimableFolder, self = process.pid): Promise<StateClaim> {
  const identity = await identityOf(self);
  if (!identity) throw new StartError([`process ${self} has no entry in /proc; Nebula runs on Linux`]);
  const file = join(folder.claims, claimName(identity));
  const release = () => rm(file, { force: true });

  for (let attempt = 1; ; attempt += 1) {
    await writeFile(file, '', { mode: 0o600 });
    const others = await otherHolders(folder, identity);
    if (others.length === 0) return { release };
    await release();
    // Two that start together may both have stepped back; one of them gets it when they come again apart.
    if (attempt === ATTEMPTS) {
      throw new StartError(
        [
          `state_dir: ${folder.path} is in use by the running process ${others[0]}; ` +
            'end that one first, or name another folder with state_dir',
        ],
        EXIT.configuration,
      );
    }
    await sleep(20 + Math.random() * 180);
  }
}

async function otherHolders(folder: ClaimableFolder, self: ProcessIdentity): Promise<number[]> {
  const holders: number[] = [];
  for (const name of await readdir(folder.claims)) {
    const pid = Number.parseInt(name, 10);
    if (name === claimName(self) || Number.isNaN(pid)) continue;
    const running = await identityOf(pid);
    if (running && claimName(running) === name) holders.push(pid);
    else await rm(join(folder.claims, name), { force: true });
  }
  return holders;
}

function claimName({ pid, startTime, bootId }: ProcessIdentity): string {
  return `${pid}.${startTime}.${bootId}`;
}
