import { randomUUID } from 'node:crypto';
import { closeSync, linkSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** Between two tries, milliseconds. */
const TRY_EVERY_MS = 20;

/**
 * Takes a lock, a file that whoever has it has made, with a word of his own in it. Who keeps it for longer than the
 * patience has died, and it is taken away from him: by a clock that only goes forward, since the file may be of another
 * machine with another time.
 *
 * @param patienceMs much longer than anybody who lives keeps it
 * @returns what gives it back
 * @throws when the file can't be made
 */
export async function takeLock(path: string, patienceMs: number): Promise<() => void> {
  const own = randomUUID();
  let holder: string | null = null;
  let since = performance.now();
  while (!isMade(path, own)) {
    const seen = read(path);
    if (seen === null || seen !== holder) {
      holder = seen;
      since = performance.now();
    } else if (performance.now() - since >= patienceMs) {
      takeAway(path, seen, `${path}.${own}`);
      holder = null;
      continue;
    }
    await pause(TRY_EVERY_MS);
  }
  return () => {
    if (read(path) === own) rmSync(path, { force: true });
  };
}

function isMade(path: string, own: string): boolean {
  try {
    const file = openSync(path, 'wx', 0o600);
    try {
      writeFileSync(file, own);
    } catch (error) {
      rmSync(path, { force: true });
      throw error;
    } finally {
      closeSync(file);
    }
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/**
 * Removes a lock of one who has died. Another who waited for it may have been faster and have a lock of his own there by
 * now: it is moved first, so that what is removed is what was looked at.
 * @param aside where nobody else moves anything
 */
function takeAway(path: string, dead: string, aside: string): void {
  try {
    renameSync(path, aside);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return;
    throw error;
  }
  try {
    // Unlike a move, a link never replaces one that was made meanwhile.
    if (read(aside) !== dead) linkSync(aside, path);
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

/** Null when it is not there; empty when it may not be read, as one of another user, or has no word in it yet. */
function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null;
    if (isCode(error, 'EACCES')) return '';
    throw error;
  }
}

function isCode(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException).code === code;
}
