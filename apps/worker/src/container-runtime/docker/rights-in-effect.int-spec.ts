import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EngineUnderTest } from '../testing/engine-under-test.js';
import { specOf } from '../testing/spec.js';

let engine: EngineUnderTest;

beforeAll(async () => {
  engine = await EngineUnderTest.open();
}, 60_000);

afterAll(async () => {
  await engine.close();
}, 60_000);

const status = async (id: string, field: string): Promise<string> =>
  (await engine.inside(id, 'grep', `^${field}:`, '/proc/self/status')).split(/\s+/)[1] ?? '';

/** The bit of a capability, as the kernel counts them. */
const has = (mask: string, bit: number): boolean => ((BigInt(`0x${mask}`) >> BigInt(bit)) & 1n) === 1n;
const [CHOWN, NET_ADMIN, NET_RAW] = [0, 12, 13];

describe('what a spec says of rights and surroundings is so inside the container', () => {
  it('capabilities, privileges that can not be gained, and a root file system that can not be written to', async () => {
    const spec = specOf({
      cap_add: ['NET_ADMIN'],
      cap_drop: ['CAP_CHOWN', 'NET_RAW'],
      security_opt: ['no-new-privileges:true'],
      read_only: true,
      tmpfs: ['/run', '/scratch:size=64k,mode=0700'],
      volumes: ['kept-by-rights:/kept'],
    });
    const id = await engine.running({ spec });
    const mask = await status(id, 'CapBnd');
    expect([CHOWN, NET_ADMIN, NET_RAW].map((bit) => has(mask, bit))).toEqual([false, true, false]);
    expect(await status(id, 'NoNewPrivs')).toBe('1');
    expect(await engine.inside(id, 'touch', '/new')).toContain('Read-only file system');
    for (const path of ['/run/new', '/scratch/new', '/kept/new']) {
      expect(await engine.inside(id, 'touch', path)).toBe('');
    }
    const mounts = await engine.inside(id, 'grep', ' /scratch ', '/proc/mounts');
    expect(mounts).toMatch(/tmpfs .*size=64k.*mode=700/);
    await engine.runtime.remove(id);
    await engine.docker.getVolume('kept-by-rights').remove();

    const plain = await engine.running();
    const usual = await status(plain, 'CapBnd');
    expect([CHOWN, NET_ADMIN, NET_RAW].map((bit) => has(usual, bit))).toEqual([true, false, true]);
    expect(await engine.inside(plain, 'touch', '/new')).toBe('');
  }, 60_000);

  it('shared memory, limits of processes, kernel settings and how soon it is ended', async () => {
    const spec = specOf({
      shm_size: '8m',
      ulimits: { nofile: { soft: 100, hard: 200 }, core: 0 },
      sysctls: { 'net.ipv4.ip_local_port_range': '30000 31000' },
      resources: { oom_score: 500 },
      runtime: 'runc',
      ipc_mode: 'private',
    });
    const id = await engine.running({ spec });
    expect(await engine.inside(id, 'grep', ' /dev/shm ', '/proc/mounts')).toContain('size=8192k');
    const limits = await engine.inside(id, 'cat', '/proc/1/limits');
    expect(limits).toMatch(/^Max open files +100 +200 /m);
    expect(limits).toMatch(/^Max core file size +0 +0 /m);
    expect(await engine.inside(id, 'cat', '/proc/sys/net/ipv4/ip_local_port_range')).toBe('30000\t31000');
    expect(await engine.inside(id, 'cat', '/proc/1/oom_score_adj')).toBe('500');
    const { HostConfig } = await engine.docker.getContainer(id).inspect();
    expect(HostConfig).toMatchObject({ Runtime: 'runc', IpcMode: 'private' });
  }, 60_000);

  it("the server's processes, and another container's", async () => {
    const owner = engine.draft({ spec: specOf({ ipc_mode: 'shareable' }) });
    const ownerId = await engine.runtime.create(owner);
    await engine.runtime.start(ownerId);
    const modes = { pid_mode: `container:${owner.name}`, ipc_mode: `container:${owner.name}` };
    const guest = await engine.running({ spec: specOf({ ...modes, command: ['sleep', '600'] }) });
    expect(await engine.inside(guest, 'cat', '/proc/1/cmdline')).toContain('serve');
    await engine.inside(ownerId, 'touch', '/dev/shm/shared');
    expect(await engine.inside(guest, 'ls', '/dev/shm')).toBe('shared');
    const host = await engine.running({ spec: specOf({ pid_mode: 'host', ipc_mode: 'host' }) });
    const { State, HostConfig } = await engine.docker.getContainer(host).inspect();
    expect(HostConfig).toMatchObject({ PidMode: 'host', IpcMode: 'host' });
    expect(await engine.inside(host, 'ls', '-d', `/proc/${State.Pid}`)).toBe(`/proc/${State.Pid}`);
  }, 60_000);

  it('GPUs are asked for as Docker has it', async () => {
    const requestsOf = async (gpus: ReturnType<typeof specOf>['gpus']) => {
      const id = await engine.runtime.create(engine.draft({ spec: specOf({ gpus }) }));
      const { HostConfig } = await engine.docker.getContainer(id).inspect();
      return { id, requests: HostConfig.DeviceRequests };
    };
    const none = { Driver: '', DeviceIDs: null, Options: null };
    const all = await requestsOf('all');
    expect(all.requests).toEqual([{ ...none, Count: -1, Capabilities: [['gpu']] }]);
    expect((await requestsOf(2)).requests).toEqual([{ ...none, Count: 2, Capabilities: [['gpu']] }]);
    const asked = {
      driver: 'nvidia',
      device_ids: ['0', 'GPU-1'],
      capabilities: ['gpu', 'utility'],
      options: { visible: 'true' },
    };
    expect((await requestsOf([asked])).requests).toEqual([
      {
        ...{ Driver: 'nvidia', Count: 0, DeviceIDs: ['0', 'GPU-1'] },
        ...{ Capabilities: [['gpu', 'utility']], Options: { visible: 'true' } },
      },
    ]);
    // A server without any refuses, and says which.
    await expect(engine.runtime.start(all.id)).rejects.toThrow(/could not select device driver.*gpu/);
  }, 60_000);

  it('a runtime that the engine does not know is refused', async () => {
    const draft = engine.draft({ spec: specOf({ runtime: 'nowhere' }) });
    await expect(engine.runtime.create(draft)).rejects.toThrow(/nowhere/);
  }, 60_000);
});
