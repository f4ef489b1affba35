import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Resources } from '@nebula/contracts';
import { limitChanges, needsNewLimits, NO_LIMITS } from '../../reconcile/limits.js';
import type { NodeFacts } from '../../reconcile/observed.js';
import { EngineUnderTest } from '../testing/engine-under-test.js';
import { specOf } from '../testing/spec.js';

const MIB = 1024 * 1024;

let engine: EngineUnderTest;
let node: NodeFacts;

beforeAll(async () => {
  engine = await EngineUnderTest.open();
  node = await engine.runtime.facts();
}, 60_000);

afterAll(async () => {
  await engine.close();
}, 60_000);

const EVERY: Resources = {
  ...{ cpus: 0.5, cpu_shares: 512, cpuset: '0', pids: 50 },
  ...{ memory: '64m', memory_reservation: '32m', memory_swap: '96m' },
};

/** What the kernel has for a container, under either version of its control groups. */
async function inForce(id: string): Promise<Record<string, string>> {
  const read = async (...paths: string[]): Promise<string> =>
    (await engine.inside(id, 'sh', '-c', `cat ${paths.join(' ')} 2> /dev/null`)).replaceAll('\n', ' ');
  const base = '/sys/fs/cgroup';
  return {
    cpus: await read(`${base}/cpu/cpu.cfs_quota_us`, `${base}/cpu.max`),
    cpuset: await read(`${base}/cpuset/cpuset.cpus`, `${base}/cpuset.cpus`),
    memory: await read(`${base}/memory/memory.limit_in_bytes`, `${base}/memory.max`),
    reservation: await read(`${base}/memory/memory.soft_limit_in_bytes`, `${base}/memory.low`),
    pids: await read(`${base}/pids/pids.max`, `${base}/pids.max`),
  };
}

/** Brings a running container to the limits of a spec in place, as a plan would. */
async function change(id: string, resources: Resources): Promise<void> {
  const spec = specOf({ resources });
  const container = await engine.observed(id);
  expect(needsNewLimits(container, spec, node)).toBe(false);
  const changes = limitChanges(container, spec, node);
  if (changes) await engine.runtime.updateLimits(id, changes);
  expect(limitChanges(await engine.observed(id), spec, node)).toBeNull();
}

describe('limits', () => {
  it('are those of the spec from the start, and can be changed while it runs, back to none where the engine can', async () => {
    const id = await engine.running({ spec: specOf({ resources: EVERY }) });
    const { started_at } = await startOf(id);
    expect((await engine.observed(id)).limits).toEqual({
      ...{ cpus: 0.5, cpu_shares: 512, cpu_quota: null, cpuset: '0', pids: 50 },
      ...{ memory: 64 * MIB, memory_reservation: 32 * MIB, memory_swap: 96 * MIB },
    });
    expect(limitChanges(await engine.observed(id), specOf({ resources: EVERY }), node)).toBeNull();
    expect(await inForce(id)).toMatchObject({ pids: '50', cpuset: '0', memory: String(64 * MIB) });

    // Up and down, and what was limited by nothing but memory.
    await change(id, { memory: '256m', cpuset: '0', pids: 60, cpus: 1 });
    expect(await inForce(id)).toMatchObject({ memory: String(256 * MIB), pids: '60', cpuset: '0' });
    expect((await engine.observed(id)).limits).toMatchObject({
      memory_swap: 512 * MIB,
      memory_reservation: null,
    });
    await change(id, { memory: '16m', cpuset: '0' });
    const least = await inForce(id);
    expect(least).toMatchObject({ memory: String(16 * MIB), pids: 'max' });
    // All of the processors are as good as no limit.
    expect(least['cpus']?.split(' ')[0]).toBe(String(node.cores * 100_000));
    expect(await startOf(id)).toEqual({ started_at });
  }, 60_000);

  it('can be given to a container that had none', async () => {
    const id = await engine.running();
    expect((await engine.observed(id)).limits).toEqual(NO_LIMITS);
    expect(limitChanges(await engine.observed(id), specOf(), node)).toBeNull();
    await change(id, EVERY);
    expect(await inForce(id)).toMatchObject({ pids: '50', cpuset: '0', memory: String(64 * MIB) });
  }, 60_000);

  it('of memory, processors by number and finite swap can not be taken away by the engine', async () => {
    const id = await engine.running({ spec: specOf({ resources: EVERY }) });
    const container = await engine.observed(id);
    const needsNew = (resources: Resources) => needsNewLimits(container, specOf({ resources }), node);
    expect(needsNew(EVERY)).toBe(false);
    const { memory: _memory, memory_swap: _swap, ...without } = EVERY;
    expect(needsNew(without)).toBe(true);
    const { cpuset: _cpuset, ...anywhere } = EVERY;
    expect(needsNew(anywhere)).toBe(true);
    expect(needsNew({ ...EVERY, memory_swap: -1 })).toBe(node.swap_limit);

    // Why: it refuses the one, and says yes to the others without doing it.
    const update = async (body: object) => (await engine.docker.getContainer(id).update(body)) as unknown;
    await expect(update({ Memory: -1, MemorySwap: -1 })).rejects.toThrow(/memory limit/i);
    await update({ CpusetCpus: '' });
    expect((await engine.observed(id)).limits).toEqual(container.limits);
    expect((await inForce(id))['cpuset']).toBe('0');
  }, 60_000);

  it('that the server can not give are refused', async () => {
    const cpus = node.cores + 1;
    const draft = engine.draft({ spec: specOf({ resources: { cpus } }) });
    await expect(engine.runtime.create(draft)).rejects.toMatchObject({ kind: 'invalid' });
    const id = await engine.running();
    await expect(engine.runtime.updateLimits(id, { cpus })).rejects.toMatchObject({ kind: 'invalid' });
  }, 60_000);
});

async function startOf(id: string): Promise<{ started_at: string }> {
  const { State } = await engine.docker.getContainer(id).inspect();
  return { started_at: State.StartedAt };
}
