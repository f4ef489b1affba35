import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { freePort, freePorts } from './free-port.mjs';

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await once(server.close(), 'close');
});

async function listenOn(port: number, host: string): Promise<void> {
  const server = createServer().listen(port, host);
  servers.push(server);
  await once(server, 'listening');
}

describe('free ports', () => {
  it('are different ones, and none that the system gives to whoever asks for any', async () => {
    const ports = await freePorts(20);
    expect(new Set(ports).size).toBe(20);
    expect(Math.max(...ports)).toBeLessThan(32_768);
    expect(Math.min(...ports)).toBeGreaterThan(1_024);
  });

  it.each(['127.0.0.1', '0.0.0.0'])('are none on which somebody listens on %s', async (host) => {
    const taken = await freePort();
    await listenOn(taken, host);
    // All that there are come once in so many.
    const ports = [...(await freePorts(45)), ...(await freePorts(45)), ...(await freePorts(45))];
    expect(new Set(ports).size).toBeGreaterThanOrEqual(45);
    expect(ports).not.toContain(taken);
  });

  it('are not more than there are', async () => {
    await expect(freePorts(101)).rejects.toThrow(/^no 101 ports are free between \d+ and \d+$/);
  });
});
