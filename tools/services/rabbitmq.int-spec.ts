import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { commandOf, pidsOf } from '../engine/processes.mjs';
import { type Broker, brokerOf, startBroker } from './rabbitmq.mjs';
import { newMark, stopLeftServices } from '../test/left-services.mjs';

const LIMIT = 300_000;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-broker-'));
});

afterEach(async () => {
  await brokerOf(folder)?.remove();
  await rm(folder, { recursive: true, force: true });
}, LIMIT);

/** A queue that outlives its broker. */
async function declare(broker: Broker): Promise<void> {
  await broker.manage('PUT', '/api/queues/%2F/kept', {
    durable: true,
    arguments: { 'x-queue-type': 'stream' },
  });
}

async function queues(broker: Broker, node = 0): Promise<string[]> {
  const text = await broker.manage('GET', '/api/queues/%2F', undefined, node);
  return (JSON.parse(text) as { name: string }[]).map(({ name }) => name);
}

it(
  'keeps its data over kills and orderly stops, and loses it when it is wiped',
  async () => {
    const broker = await startBroker({ folder });
    await declare(broker);
    const first = broker.pid() ?? 0;
    expect((await broker.memory()).resident).toBeGreaterThan(20_000_000);

    expect(await broker.killNode()).toBe(true);
    expect([broker.pid(), commandOf(first)]).toEqual([null, []]);
    await broker.startNode();
    expect(broker.pid()).not.toBe(first);
    expect(await queues(broker)).toEqual(['kept']);

    await broker.stop();
    expect(brokerOf(folder)?.pid()).toBe(null);
    const again = await startBroker({ folder });
    expect([again.hosts, await queues(again)]).toEqual([broker.hosts, ['kept']]);

    await expect(again.wipe()).rejects.toThrow("runs and can't be wiped");
    await again.stop();
    await again.wipe();
    await again.start();
    expect(await queues(again)).toEqual([]);
  },
  LIMIT,
);

it(
  'can be a cluster, of which nodes are killed and started',
  async () => {
    const broker = await startBroker({ folder, nodes: 3 });
    expect(new Set(broker.hosts).size).toBe(3);
    await declare(broker);
    expect(await queues(broker, 2)).toEqual(['kept']);
    await broker.killNode(0);
    expect(await queues(broker, 1)).toEqual(['kept']);
    await broker.startNode(0);
    expect(await queues(broker, 0)).toEqual(['kept']);
  },
  LIMIT,
);

it(
  'is ended when the run of the tests that started it was killed',
  async () => {
    const mark = newMark();
    const [[name = '', value] = []] = Object.entries(mark);
    const before = process.env[name];
    process.env[name] = value;
    const own = (command: string[]) => ['beam.smp', 'epmd'].some((part) => command[0]?.endsWith(part));
    const others = pidsOf(own);
    const broker = await startBroker({ folder });
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
    const started = pidsOf(own).filter((pid) => !others.includes(pid));
    expect(started).toContain(broker.pid());

    expect(await stopLeftServices(mark)).toHaveLength(2);
    expect(broker.pid()).toBe(null);
    expect(await stopLeftServices(mark)).toEqual([]);
  },
  LIMIT,
);
