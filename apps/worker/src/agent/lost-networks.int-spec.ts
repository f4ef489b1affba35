import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { DEFAULT_NETWORK } from '@nebula/contracts';
import type { ContainerInspectInfo } from 'dockerode';
import { eventually } from '../container-runtime/testing/eventually.js';
import { IMAGES, WorkerOnEngine } from './testing/worker-on-engine.js';

let worker: WorkerOnEngine;
/** A network that somebody made by hand, without a label of ours. */
let network: string;

beforeEach(async () => {
  worker = await WorkerOnEngine.open();
  await worker.start();
  network = `${worker.app}-by-hand`;
}, 60_000);

afterEach(async () => {
  await worker.destroy();
  await worker.engine.runtime.removeNetwork(network);
}, 60_000);

async function inspect(id = ''): Promise<ContainerInspectInfo> {
  return await worker.engine.docker.getContainer(id).inspect();
}

/** Somebody else's container, running. */
async function foreign(name: string, networkMode: string): Promise<string> {
  const container = await worker.engine.docker.createContainer({
    name,
    Image: IMAGES[0],
    Labels: { 'of-test': worker.engine.scope },
    HostConfig: { NetworkMode: networkMode },
  });
  await container.start();
  return container.id;
}

async function replaceForeign(id: string, name: string): Promise<string> {
  await worker.engine.docker.getContainer(id).remove({ force: true });
  return await foreign(name, DEFAULT_NETWORK);
}

it('a network without an address left is told of until it has one, and the container is not restarted', async () => {
  const { docker } = worker.engine;
  const Subnet = `10.99.${randomInt(1, 255)}.0/30`;
  await docker.createNetwork({ Name: network, IPAM: { Driver: 'default', Config: [{ Subnet }] } });
  await worker.want(1, { networks: [network] });
  await worker.reported({ state: 'converged' });
  await worker.close();
  const before = await worker.containers();
  await docker.getNetwork(network).disconnect({ Container: before[0]?.id });
  const thief = await foreign(`${worker.app}-thief`, network);

  worker.forgetReports();
  await worker.start();
  const report = await worker.reported({ state: 'failed' });
  expect(report.last_error).toMatchObject({
    step: 'connect',
    message: expect.stringContaining('no available IPv4 addresses'),
  });
  await docker.getContainer(thief).remove({ force: true });
  await worker.reported({ state: 'converged' });
  const { NetworkSettings } = await inspect(before[0]?.id);
  expect(NetworkSettings.Networks[network]?.EndpointID).toMatch(/./);
  expect(await worker.containers()).toEqual(before);
}, 60_000);

it('a container that somebody put back without its names is found by them again, and is not restarted', async () => {
  const { docker } = worker.engine;
  await worker.want(1, { networks: [{ name: network, aliases: ['shop'] }] });
  await worker.reported({ state: 'converged' });
  const other = await foreign(`${worker.app}-guest`, network);
  const page = async (): Promise<string> =>
    await worker.engine.inside(other, 'wget', '-q', '-O', '-', 'http://shop:8080/');
  await eventually(async () => expect(await page()).toContain('version 1'), 20_000);
  await worker.close();
  const before = await worker.containers();
  const Container = before[0]?.id ?? '';
  await docker.getNetwork(network).disconnect({ Container });
  await docker.getNetwork(network).connect({ Container });
  expect(await page()).not.toContain('version 1');
  worker.forgetReports();
  await worker.start();
  await worker.reported({ state: 'converged' });
  await eventually(async () => expect(await page()).toContain('version 1'), 20_000);
  expect(await worker.containers()).toEqual(before);
  await docker.getContainer(other).remove({ force: true });
}, 60_000);

it('host ports that the engine gave up in a network that a worker did not make are served again when they are free', async () => {
  const { docker } = worker.engine;
  await docker.createNetwork({ Name: network });
  const port = worker.engine.port();
  await worker.want(1, { starting_ports: [{ [String(port)]: '8080' }], networks: [network] });
  await worker.reported({ state: 'converged' });
  await worker.close();
  const [seen] = await worker.containers();
  const names = [network, DEFAULT_NETWORK];
  for (const name of names) await docker.getNetwork(name).disconnect({ Container: seen?.id });
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(port, '0.0.0.0', resolve));
  for (const name of names) {
    const connected = docker.getNetwork(name).connect({ Container: seen?.id ?? '' });
    await expect(connected).rejects.toThrow('address already in use');
  }

  worker.forgetReports();
  await worker.start();
  const report = await worker.reported({ state: 'failed' });
  expect(report.last_error?.message).toContain('address already in use');
  await new Promise((resolve) => holder.close(resolve));
  await worker.reported({ state: 'converged' });
  await eventually(async () => expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200));
  expect(await worker.containers()).toMatchObject([{ name: seen?.name, running: true }]);
}, 60_000);

it("a container in another's network follows it when that is made anew, whether it runs or not", async () => {
  const name = `${worker.app}-db`;
  let other = await foreign(name, DEFAULT_NETWORK);
  const env_vars = { PORT: '9090' };
  const follows = async (): Promise<void> => {
    const containers = await worker.containers();
    expect(containers).toMatchObject([{ running: true }]);
    const { HostConfig } = await inspect(containers[0]?.id);
    expect(HostConfig.NetworkMode).toBe(`container:${other}`);
  };
  await worker.want(1, { networks: [`container:${name}`], env_vars });
  await worker.reported({ state: 'converged' });
  await follows();

  // It is told of until there is one, and what runs is not stopped for a try.
  const before = await worker.containers();
  await worker.engine.docker.getContainer(other).remove({ force: true });
  const report = await worker.reported({ state: 'failed' });
  expect(report.last_error).toMatchObject({
    step: 'create',
    message: `there is no container ${name} whose network could be shared`,
  });
  expect(await worker.containers()).toEqual(before);
  other = await foreign(name, DEFAULT_NETWORK);
  await eventually(follows);
  await worker.reported({ state: 'converged' });
  other = await replaceForeign(other, name);
  await eventually(follows);
  await worker.reported({ state: 'converged' });

  await worker.close();
  const [seen] = await worker.containers();
  await worker.engine.docker.getContainer(seen?.id ?? '').stop({ t: 0 });
  other = await replaceForeign(other, name);
  worker.forgetReports();
  await worker.start();
  await worker.reported({ state: 'converged' });
  await follows();
}, 60_000);
