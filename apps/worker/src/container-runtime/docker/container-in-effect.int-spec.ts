import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DEFAULT_NETWORK } from '@nebula/contracts';
import { EngineUnderTest } from '../testing/engine-under-test.js';
import { eventually } from '../testing/eventually.js';
import { specOf } from '../testing/spec.js';

let engine: EngineUnderTest;
let folder: string;

beforeAll(async () => {
  engine = await EngineUnderTest.open();
  folder = await mkdtemp(join(tmpdir(), 'nebula-mounted-'));
}, 60_000);

afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

describe('what a spec says is so inside the container', () => {
  it('the environment: who it is, and what the user gives, which wins', async () => {
    const secret = `a "b" $c\n${'x'.repeat(10_000)}`;
    const id = await engine.running({
      replica: 7,
      spec: specOf({ app_name: 'my-shop', env_vars: { SECRET: secret, EMPTY: '', PATH: '/bin:/mine' } }),
    });
    const environment = (await engine.inside(id, 'env')).split('\n');
    expect(environment).toEqual(
      expect.arrayContaining(['NEBULA_APP_NAME=my-shop', 'NEBULA_REPLICA=7', 'EMPTY=', 'PATH=/bin:/mine']),
    );
    expect(await engine.inside(id, 'sh', '-c', 'printf "%s" "$SECRET"')).toBe(secret);

    const other = await engine.running({ spec: specOf({ env_vars: { NEBULA_REPLICA: 'mine' } }) });
    expect((await engine.inside(other, 'env')).split('\n')).toContain('NEBULA_REPLICA=mine');
  }, 60_000);

  it('a very large environment', async () => {
    const env_vars = Object.fromEntries(
      Array.from({ length: 60 }, (_, n) => [`BIG_${n}`, '%'.repeat(4_000)]),
    );
    const id = await engine.running({ spec: specOf({ env_vars }) });
    expect(await engine.inside(id, 'sh', '-c', 'echo ${#BIG_0} ${#BIG_59}')).toBe('4000 4000');
  }, 60_000);

  it('the command', async () => {
    const id = await engine.running({
      spec: specOf({
        command: ['sh', '-c', 'trap "exit 0" TERM; echo "$0 $1" > /said; sleep 600 & wait', 'a b', '*'],
      }),
    });
    await eventually(async () => expect(await engine.inside(id, 'cat', '/said')).toBe('a b *'));
  }, 60_000);

  it('every port of a replica', async () => {
    const ports = [engine.port(), engine.port()].map((host_port) => ({ host_port, container_port: 8080 }));
    const id = await engine.running({ ports });
    for (const { host_port } of ports) {
      await eventually(async () =>
        expect(await (await fetch(`http://127.0.0.1:${host_port}/`)).text()).toBe('version 1\n'),
      );
    }
    expect(await engine.observed(id)).toMatchObject({ ports });
  }, 60_000);

  it('volumes: folders of the server, read-only ones, and named ones that outlive it', async () => {
    await writeFile(join(folder, 'given'), 'from the server');
    const volume = `nebula-test-${randomBytes(4).toString('hex')}`;
    const spec = specOf({ volumes: [`${folder}:/rw`, `${folder}:/fixed:ro`, `${volume}:/kept`] });
    const id = await engine.running({ spec });
    expect(await engine.inside(id, 'cat', '/fixed/given')).toBe('from the server');
    expect(await engine.inside(id, 'touch', '/fixed/new')).toContain('Read-only file system');
    await engine.inside(id, 'sh', '-c', 'echo from inside > /rw/written; echo kept > /kept/it');
    expect(await readFile(join(folder, 'written'), 'utf8')).toBe('from inside\n');

    await engine.runtime.remove(id);
    const next = await engine.running({ spec });
    expect(await engine.inside(next, 'cat', '/kept/it')).toBe('kept');
    await engine.runtime.remove(next);
    await engine.docker.getVolume(volume).remove();
  }, 60_000);

  it('devices and their permissions', async () => {
    // No container has it by itself, and nothing but the permission is needed to open it.
    const device = ['/dev/loop-control', '/dev/fuse', '/dev/net/tun', '/dev/tty1'].find(existsSync) ?? '';
    const open = (how: '<' | '>', path: string) => ['sh', '-c', `: ${how} ${path} && echo opened`];
    const id = await engine.running({ spec: specOf({ devices: [`${device}:/dev/mine:r`] }) });
    expect(await engine.inside(id, ...open('<', '/dev/mine'))).toBe('opened');
    expect(await engine.inside(id, ...open('>', '/dev/mine'))).toContain('not permitted');
    const whole = await engine.running({ spec: specOf({ devices: [device] }) });
    expect(await engine.inside(whole, ...open('>', device))).toBe('opened');
    const without = await engine.running();
    expect(await engine.inside(without, 'ls', '/dev/mine', device)).not.toMatch(/^\/dev/m);
  }, 60_000);

  it('privileges', async () => {
    const id = await engine.runtime.create(engine.draft({ spec: specOf({ privileged: true }) }));
    expect((await engine.docker.getContainer(id).inspect()).HostConfig.Privileged).toBe(true);
    const mount = ['sh', '-c', 'mount -t tmpfs none /tmp && echo mounted'];
    if (await hasEveryCapability()) {
      await engine.runtime.start(id);
      expect(await engine.inside(id, ...mount)).toBe('mounted');
    } else {
      // A server that lacks some itself (a container, a small virtual machine) can't give them away.
      await expect(engine.runtime.start(id)).rejects.toThrow('unable to apply caps');
    }
    const without = await engine.running();
    expect(await engine.inside(without, ...mount)).toContain('permission denied');
  }, 60_000);

  it('networks, in which containers find each other by name', async () => {
    const back = `${engine.prefix}-back`;
    await engine.runtime.createNetwork(back, engine.scope);
    const server = engine.draft({ networks: [DEFAULT_NETWORK, back] });
    await engine.runtime.start(await engine.runtime.create(server));
    const client = await engine.running({ networks: [back] });
    await eventually(async () =>
      expect(await engine.inside(client, 'wget', '-q', '-O', '-', `http://${server.name}:8080/`)).toBe(
        'version 1',
      ),
    );
    const apart = await engine.running({ networks: [`none`] });
    expect(await engine.inside(apart, 'ip', '-o', 'link')).not.toContain('eth0');
  }, 60_000);

  it("the server's network, or another container's", async () => {
    const hostname = (await engine.docker.info()) as { Name: string };
    const spec = specOf({ env_vars: { PORT: String(engine.port()) } });
    const id = await engine.running({ networks: ['host'], spec });
    await eventually(async () =>
      expect(await (await fetch(`http://127.0.0.1:${spec.env_vars['PORT']}/`)).text()).toBe('version 1\n'),
    );
    expect(await engine.inside(id, 'hostname')).toBe(hostname.Name);

    const owner = engine.draft();
    const ownerId = await engine.runtime.create(owner);
    await engine.runtime.start(ownerId);
    const guest = await engine.running({
      networks: [`container:${owner.name}`],
      spec: specOf({ env_vars: { PORT: '9090' } }),
    });
    await eventually(async () =>
      expect(await engine.inside(guest, 'wget', '-q', '-O', '-', 'http://127.0.0.1:8080/')).toBe('version 1'),
    );
  }, 60_000);
});

async function hasEveryCapability(): Promise<boolean> {
  const last = Number(await readFile('/proc/sys/kernel/cap_last_cap', 'utf8'));
  const bounds = /^CapBnd:\s*([0-9a-f]+)$/m.exec(await readFile('/proc/self/status', 'utf8'))?.[1];
  return BigInt(`0x${bounds}`) === 2n ** BigInt(last + 1) - 1n;
}
