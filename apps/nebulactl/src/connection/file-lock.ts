import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
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
      rmSync(path, { force: true });
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
    writeFileSync(path, own, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Null when it is not there. */
function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
