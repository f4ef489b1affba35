import { stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Between two looks, milliseconds. One is a single call of the kernel, as long as all is well. */
const EVERY_MS = 5_000;

/**
 * Resolves with true as soon as the socket of an engine is lost for this container, and with false when `signal` ends the
 * watch. It never rejects.
 */
export async function socketIsLost(
  dockerHost: string,
  signal: AbortSignal,
  everyMs = EVERY_MS,
): Promise<boolean> {
  while (!signal.aborted) {
    if (await isLostSocket(dockerHost)) return true;
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
  }
  return false;
}

/**
 * Whether an engine will never answer again at a socket. A container has mounted the file that was there when it started;
 * an engine that listens by itself removes it when it stops, its unit docker.socket when that is restarted, and either
 * makes another one of the same name later, which only a new start of the container mounts. A file without a name to
 * which nobody listens is the sure sign: nobody can listen to it any more, whether or not there is another one yet. Outside
 * of a container no path leads to such a file. An engine that is away and has left its file may listen to it again, or
 * will remove it when it comes back.
 *
 * @param dockerHost `unix:///path` or `tcp://name:port`
 */
export async function isLostSocket(dockerHost: string): Promise<boolean> {
  if (!dockerHost.startsWith('unix://')) return false;
  const path = dockerHost.slice('unix://'.length);
  const links = await stat(path).then(
    ({ nlink }) => nlink,
    () => null,
  );
  return links === 0 && (await isRefused(path));
}

/** A full queue of a listener is told with another error. */
async function isRefused(path: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(path);
    const answer = (isRefused: boolean) => {
      socket.destroy();
      resolve(isRefused);
    };
    socket.once('connect', () => answer(false));
    socket.once('error', (error: NodeJS.ErrnoException) => answer(error.code === 'ECONNREFUSED'));
  });
}
