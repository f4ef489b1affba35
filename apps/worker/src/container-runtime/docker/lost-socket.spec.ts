import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { type FileHandle, link, mkdtemp, open, rm, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isLostSocket, socketIsLost } from './lost-socket.js';

/** Of Linux: holds a file without opening what it is, which a socket does not allow. */
const O_PATH = 0o10000000;

let folder: string;
let path: string;
let engine: Server;
let held: FileHandle;
/** The file that is there now, whatever becomes of its name, as a container has it that has mounted it. */
let mounted: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-socket-'));
  path = join(folder, 'docker.sock');
  engine = await listening();
  held = await open(path, O_PATH);
  mounted = `unix:///proc/self/fd/${held.fd}`;
});

afterEach(async () => {
  engine.close();
  await held.close();
  await rm(folder, { recursive: true, force: true });
});

async function listening(): Promise<Server> {
  const server = createServer((socket) => socket.destroy()).listen(path);
  await once(server, 'listening');
  return server;
}

/** Node removes the file with it. */
async function end(): Promise<void> {
  engine.close();
  await once(engine, 'close');
}

describe('a socket is lost', () => {
  it('when it has no name any more and nobody listens, though there is another one of that name', async () => {
    await end();
    engine = await listening();
    expect(await isLostSocket(mounted)).toBe(true);
    expect(await isLostSocket(`unix://${path}`)).toBe(false);
  });

  it.each<[string, () => Promise<unknown>, () => string]>([
    ['it is served', async () => undefined, () => mounted],
    ['it was removed, but is still served', () => rm(path), () => mounted],
    [
      'its engine is away and has left the file',
      async () => {
        await link(path, `${path}.left`);
        await end();
        expect((await stat(`/proc/self/fd/${held.fd}`)).nlink).toBe(1);
      },
      () => mounted,
    ],
    ['there is none yet', end, () => `unix://${path}`],
    ['the engine is at an address', end, () => 'tcp://127.0.0.1:1'],
  ])('not while %s', async (_what, prepare, host) => {
    await prepare();
    expect(await isLostSocket(host())).toBe(false);
  });

  it('which the watch finds, unless it is ended before', async () => {
    const watch = new AbortController();
    const isLost = socketIsLost(mounted, watch.signal, 5);
    await end();
    expect(await isLost).toBe(true);
    const other = socketIsLost(`unix://${path}`, watch.signal, 60_000);
    watch.abort();
    expect(await other).toBe(false);
  });
});
