import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { secret } from '../../../../tools/test/known-secrets.mjs';
import { eventually } from '../container-runtime/testing/eventually.js';
import { WorkerOnEngine } from './testing/worker-on-engine.js';

let worker: WorkerOnEngine;

beforeAll(async () => {
  worker = await WorkerOnEngine.open();
  await worker.start();
}, 60_000);

afterAll(async () => {
  await worker.destroy();
}, 60_000);

const MIB = 1024 * 1024;
const only = async () => {
  const [container, ...rest] = await worker.containers();
  if (!container || rest.length > 0) throw new Error(`${rest.length + 1} containers`);
  return container;
};
const hostConfig = async () =>
  (await worker.engine.docker.getContainer((await only()).id).inspect()).HostConfig;
/** Resolves to the one that runs in place of another container. */
const anotherThan = async ({ id, name }: { id: string; name: string }) => {
  await eventually(async () => {
    const now = await only();
    expect(now).toMatchObject({ name, running: true });
    expect(now.id).not.toBe(id);
  }, 60_000);
  return await only();
};

describe('a worker on a real engine', () => {
  it('changes limits and restart policy in place, also back, and mends what somebody has changed', async () => {
    await worker.want(1, { resources: { memory: '64m', pids: 50 } });
    await worker.reported({ revision: 1, state: 'converged' }, 60_000);
    const before = await only();
    await worker.want(2, { resources: { memory: '128m' }, restart_policy: 'on-failure:4' });
    await worker.reported({ revision: 2, state: 'converged' }, 60_000);
    expect(await hostConfig()).toMatchObject({ Memory: 128 * MIB, MemorySwap: 256 * MIB, PidsLimit: 0 });
    await worker.engine.docker
      .getContainer(before.id)
      .update({ Memory: 32 * MIB, MemorySwap: 32 * MIB, CpuShares: 100, RestartPolicy: { Name: 'no' } });
    await eventually(
      async () =>
        expect(await hostConfig()).toMatchObject({
          ...{ Memory: 128 * MIB, MemorySwap: 256 * MIB, CpuShares: 1024 },
          RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 4 },
        }),
      60_000,
    );
    expect(await only()).toEqual(before);
    // The engine refuses this, so the container is made anew.
    await worker.want(3);
    await worker.reported({ revision: 3, state: 'converged' }, 60_000);
    expect((await only()).id).not.toBe(before.id);
    expect((await hostConfig()).Memory).toBe(0);
  }, 240_000);

  it('runs the hooks of each container, and goes back when one fails after a start', async () => {
    const volumes = [`${worker.app}-hooks:/kept`];
    const say = (what: string) => ({ command: ['sh', '-c', `echo ${what} >> /kept/said`] });
    await worker.want(4, { volumes, hooks: { post_start: say('up-4'), pre_stop: say('down-4') } });
    await worker.reported({ revision: 4, state: 'converged' }, 60_000);
    const before = await only();
    const failing = { command: ['sh', '-c', 'echo up-5 >> /kept/said; echo "no $KEY"; exit 3'] };
    await worker.want(5, { volumes, env_vars: { KEY: secret('hunter2') }, hooks: { post_start: failing } });
    const failed = await worker.reported({ revision: 5, state: 'failed' }, 60_000);
    expect(failed.last_error).toMatchObject({
      step: 'post-start',
      message: 'the command sh ended with exit code 3: no [redacted]',
    });
    const said = async () => await worker.engine.inside(before.id, 'cat', '/kept/said');
    await eventually(async () => expect(await said()).toMatch(/^up-4\ndown-4\nup-5\nup-4/), 60_000);
    // The one that failed is removed after the other one is started.
    await eventually(
      async () => expect((await hostConfig()).RestartPolicy).toMatchObject({ Name: 'always' }),
      60_000,
    );
    await worker.want(6, { volumes });
    await worker.reported({ revision: 6, state: 'converged' }, 60_000);
    const after = await only();
    const kept = await worker.engine.inside(after.id, 'cat', '/kept/said');
    expect(kept.split('\n').at(-1)).toBe('down-4');
    await worker.want(7, { running: false });
    await worker.reported({ revision: 7, state: 'converged' }, 60_000);
    await worker.engine.docker.getVolume(`${worker.app}-hooks`).remove();
  }, 240_000);

  it('lets a program that has ended be, and says how', async () => {
    await worker.want(8, { restart_policy: 'no', command: ['sh', '-c', 'exit 0'] });
    await worker.reported({ revision: 8, state: 'converged' }, 60_000);
    await eventually(async () => expect(await only()).toMatchObject({ running: false }), 60_000);
    await worker.want(9, { restart_policy: 'on-failure:1', command: ['sh', '-c', 'exit 3'] });
    await eventually(() => {
      const report = worker.report();
      expect(report).toMatchObject({ revision: 9, state: 'failed' });
      expect(report?.last_error?.message).toContain(
        'ended with exit code 3; its restart policy is on-failure:1',
      );
    }, 60_000);
  }, 240_000);

  it('takes away what docker update can give and no app can have, in place or with a new container', async () => {
    await worker.want(10);
    await worker.reported({ revision: 10, state: 'converged' }, 60_000);
    const before = await only();
    const container = worker.engine.docker.getContainer(before.id);
    // Of either version of the kernel's control groups.
    const files = '/sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu.max';
    const quota = async (id = before.id) =>
      await worker.engine.inside(id, 'sh', '-c', `cat ${files} 2> /dev/null`);
    await container.update({ CpuQuota: 10_000 });
    await eventually(async () => expect(await quota()).toMatch(/^(-1|max)/), 60_000);
    expect(await only()).toEqual(before);
    // A limit that the engine would forget at the next start beside a quota that was taken away needs another container.
    await worker.want(11, { resources: { cpus: 0.5 } });
    const limited = await anotherThan(before);
    expect(await quota(limited.id)).toMatch(/^50000/);
    // The engine knows no way back from these.
    const lasting: [update: object, expected: object][] = [
      [{ CpuQuota: -1 }, { CpuQuota: 0, NanoCpus: 500_000_000 }],
      [{ CpusetMems: '0' }, { CpusetMems: '', NanoCpus: 500_000_000 }],
    ];
    // Later engines, and servers with version 2 of control groups, leave this one out.
    const { KernelMemory: isKnown } = (await worker.engine.docker.info()) as { KernelMemory?: boolean };
    if (isKnown) lasting.push([{ KernelMemory: 64 * MIB }, { KernelMemory: 0, NanoCpus: 500_000_000 }]);
    for (const [update, expected] of lasting) {
      const now = await only();
      await worker.engine.docker.getContainer(now.id).update(update);
      const after = await anotherThan(now);
      expect(await hostConfig()).toMatchObject(expected);
      expect(await quota(after.id)).toMatch(/^50000/);
    }
    await worker.reported({ state: 'converged' }, 60_000);
  }, 240_000);
});
