import { createSocket } from 'node:dgram';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DEFAULT_NETWORK } from '@nebula/contracts';
import { EngineUnderTest } from '../testing/engine-under-test.js';
import { eventually } from '../testing/eventually.js';
import { specOf } from '../testing/spec.js';

let engine: EngineUnderTest;

beforeAll(async () => {
  engine = await EngineUnderTest.open();
}, 60_000);

afterAll(async () => {
  await engine.close();
}, 60_000);

const get = async (id: string, url: string): Promise<string> =>
  await engine.inside(id, 'wget', '-q', '-O', '-', url);

describe('what a spec says of networks and names is so', () => {
  it('name servers, search domains and hosts', async () => {
    const spec = specOf({
      dns: ['192.0.2.53', '192.0.2.54'],
      dns_search: ['shop.test', 'test'],
      extra_hosts: ['db:192.0.2.7', 'server:host-gateway'],
    });
    // In a user network the engine's own server is asked, which asks these; on Docker's bridge they are seen.
    const id = await engine.running({ networks: ['bridge'], spec });
    const resolver = await engine.inside(id, 'cat', '/etc/resolv.conf');
    expect(resolver).toMatch(/nameserver 192\.0\.2\.53\s+nameserver 192\.0\.2\.54/);
    expect(resolver).toMatch(/search shop\.test test/);
    const hosts = await engine.inside(id, 'cat', '/etc/hosts');
    expect(hosts).toMatch(/192\.0\.2\.7\s+db/);
    expect(hosts).toMatch(/\d+\.\d+\.\d+\.\d+\s+server/);
    const { HostConfig } = await engine.docker.getContainer(id).inspect();
    expect(HostConfig).toMatchObject({
      Dns: spec.dns,
      DnsSearch: spec.dns_search,
      ExtraHosts: spec.extra_hosts,
    });
  }, 60_000);

  it('aliases in each network, also after somebody has taken the container out of one', async () => {
    const back = `${engine.prefix}-aliased`;
    await engine.runtime.createNetwork(back, engine.scope);
    const spec = specOf({
      networks: [
        { name: DEFAULT_NETWORK, aliases: [`${engine.prefix}-front`] },
        { name: back, aliases: ['db', 'store'] },
      ],
    });
    const id = await engine.running({ networks: [DEFAULT_NETWORK, back], spec });
    const inBack = await engine.running({ networks: [back] });
    const inFront = await engine.running();
    for (const name of ['db', 'store']) {
      await eventually(async () => expect(await get(inBack, `http://${name}:8080/`)).toBe('version 1'));
    }
    await eventually(async () =>
      expect(await get(inFront, `http://${engine.prefix}-front:8080/`)).toBe('version 1'),
    );
    expect(await get(inFront, 'http://db:8080/')).toContain('bad address');

    await engine.docker.getNetwork(back).disconnect({ Container: id });
    await engine.runtime.connect(id, back, ['db', 'store']);
    await eventually(async () => expect(await get(inBack, 'http://store:8080/')).toBe('version 1'));
  }, 60_000);

  it('ports with a protocol and an address of the server', async () => {
    const [port, single] = [engine.port(), engine.port()];
    const ports = [
      { host_port: port, container_port: 8080 },
      { host_port: port, container_port: 5353, protocol: 'udp' as const },
      { host_port: single, container_port: 8080, host_address: '127.0.0.1' },
    ];
    const id = await engine.running({ ports });
    expect((await engine.observed(id)).ports).toEqual(expect.arrayContaining(ports));
    expect((await engine.observed(id)).fingerprint).toBe('v1:test');
    for (const address of [`127.0.0.1:${port}`, `127.0.0.1:${single}`]) {
      await eventually(async () =>
        expect(await (await fetch(`http://${address}/`)).text()).toBe('version 1\n'),
      );
    }
    await expect(fetch(`http://127.0.0.2:${single}/`)).rejects.toThrow();
    // The engine holds the UDP port, so nobody else can.
    const socket = createSocket('udp4');
    const taken = new Promise((resolve) => socket.once('error', resolve));
    socket.bind(port);
    expect(await taken).toMatchObject({ code: 'EADDRINUSE' });
    socket.close();
  }, 60_000);
});
