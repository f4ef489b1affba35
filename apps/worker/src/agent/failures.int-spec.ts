import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DEFAULT_NETWORK } from '@nebula/contracts';
import { eventually } from '../container-runtime/testing/eventually.js';
import { IMAGES, WorkerOnEngine } from './testing/worker-on-engine.js';

let worker: WorkerOnEngine;

beforeEach(async () => {
  worker = await WorkerOnEngine.open();
  await worker.start();
}, 60_000);

afterEach(async () => {
  await worker.destroy();
}, 60_000);

/** A container that runs, which is all that an app without a health check has to, may not listen yet. */
async function serves(port: number): Promise<void> {
  await eventually(async () => expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200));
}

describe('when something fails, what ran runs on', () => {
  it('a pull: the status says failed, with the step, the words of Docker and the next try; a fixed spec is taken at once', async () => {
    await worker.want(1);
    await worker.reported({ state: 'converged' });
    const before = await worker.containers();
    const docker_image = `127.0.0.1:${randomInt(1_024, 2_000)}/nothing:1`;
    await worker.want(2, { docker_image });
    const report = await worker.reported({ state: 'failed', revision: 2 });
    expect(report.last_error).toMatchObject({
      step: 'pull',
      message: expect.stringContaining('connection refused'),
    });
    expect(report.last_error?.retry_at).not.toBeNull();
    expect(await worker.containers()).toEqual(before);
    // It is tried again by itself, ever later.
    await eventually(() =>
      expect(
        worker.log.lines.filter(({ message }) => message === `failed: pull ${docker_image}`).length,
      ).toBeGreaterThan(1),
    );
    expect(await worker.containers()).toEqual(before);
    await worker.want(3, { docker_image: IMAGES[1] });
    const fixed = await worker.reported({ state: 'converged', revision: 3 });
    expect(fixed.last_error).toBeNull();
  }, 60_000);

  it('a network that was removed: containers that were in it are made anew, as they can never start', async () => {
    const network = `${worker.engine.prefix}-own`;
    await worker.want(1, { networks: [network], containers_per: { server: 2 } });
    await worker.reported({ state: 'converged' });
    const before = await worker.containers();
    await worker.close();
    for (const { id } of before) await worker.engine.docker.getContainer(id).stop({ t: 1 });
    await worker.engine.runtime.removeNetwork(network);

    worker.forgetReports();
    await worker.start();
    await worker.reported({ state: 'converged', revision: 1 });
    const after = await worker.containers();
    expect(after.map(({ name, running }) => [name, running])).toEqual(before.map(({ name }) => [name, true]));
  }, 60_000);

  it('a host port of a foreign container: nothing is stopped, and the new one runs as soon as the port is free', async () => {
    const [free, taken] = [worker.engine.port(), worker.engine.port()];
    const holder = await worker.engine.docker.createContainer({
      name: `${worker.app}-holder`,
      Image: IMAGES[0],
      Labels: { 'of-test': worker.engine.scope },
      HostConfig: { PortBindings: { '8080/tcp': [{ HostPort: String(taken) }] } },
    });
    await holder.start();
    await worker.want(1, { starting_ports: [{ [String(free)]: '8080' }] });
    await worker.reported({ state: 'converged' });
    const before = await worker.containers();

    await worker.want(2, { starting_ports: [{ [String(taken)]: '8080' }] });
    const report = await worker.reported({ state: 'failed', revision: 2 });
    expect(report.last_error).toMatchObject({
      step: 'start',
      message: `replica 1 waits: host port ${taken} is published by the container ${worker.app}-holder`,
      retry_at: null,
    });
    expect(await worker.containers()).toEqual(before);
    await serves(free);
    expect((await holder.inspect()).State.Running).toBe(true);

    await holder.stop({ t: 1 });
    await worker.reported({ state: 'converged', revision: 2 });
    await serves(taken);
    expect(await worker.containers()).toHaveLength(1);
  }, 60_000);

  it('a host port of a program of the server: the old one runs again, and the new one when the port is free', async () => {
    const [free, taken] = [worker.engine.port(), worker.engine.port()];
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(taken, '0.0.0.0', resolve));
    await worker.want(1, { starting_ports: [{ [String(free)]: '8080' }] });
    await worker.reported({ state: 'converged' });
    const [old] = await worker.containers();

    await worker.want(2, { starting_ports: [{ [String(taken)]: '8080' }] });
    const report = await worker.reported({ state: 'failed', revision: 2 });
    expect(report.last_error).toMatchObject({
      step: 'start',
      message: expect.stringContaining('address already in use'),
    });
    expect(report.last_error?.retry_at).not.toBeNull();
    await eventually(async () => {
      const containers = await worker.containers();
      expect(containers.filter(({ running }) => running)).toMatchObject([{ id: old?.id, name: old?.name }]);
    });
    await serves(free);
    const policy = await worker.engine.docker.getContainer(old?.id ?? '').inspect();
    expect(policy.HostConfig.RestartPolicy?.Name).toBe('always');

    await new Promise((resolve) => holder.close(resolve));
    await worker.reported({ state: 'converged', revision: 2 });
    await serves(taken);
    expect(await worker.containers()).toHaveLength(1);
  }, 60_000);

  it('a bad command: the old one runs again, and the new one is not tried until something changes', async () => {
    await worker.want(1, { containers_per: { server: 2 } });
    await worker.reported({ state: 'converged' });
    const before = (await worker.containers()).map(({ id, name }) => ({ id, name }));
    await worker.want(2, { containers_per: { server: 2 }, command: ['/no/such/program'] });
    await eventually(async () => {
      expect(worker.report()?.last_error).toMatchObject({ step: 'start', retry_at: null });
      expect(worker.report()?.last_error?.message).toContain('no such file or directory');
      const containers = await worker.containers();
      expect(containers.map(({ id, name, running }) => ({ id, name, running }))).toEqual(
        before.map((container) => ({ ...container, running: true })),
      );
    });
    await worker.reported({ state: 'failed', revision: 2 });
    await worker.want(3, { containers_per: { server: 2 } });
    await worker.reported({ state: 'converged', revision: 3 });
    expect((await worker.containers()).map(({ id, name }) => ({ id, name }))).toEqual(before);
  }, 60_000);
});

/** No look is due for minutes then, so that what is repaired was seen by an event. */
const READY_AT_ONCE = { min_ready_seconds: 0 };

describe('drift', () => {
  it.each(['removed', 'killed', 'stopped'])(
    'a container that is %s by hand is back, and no look at everything has to find it',
    async (how) => {
      const starting_ports = [worker.engine.port()];
      await worker.want(1, { containers_per: { server: 2 }, starting_ports, update: READY_AT_ONCE });
      worker.engine.port();
      await worker.reported({ state: 'converged' });
      const [first, second] = await worker.containers();
      const container = worker.engine.docker.getContainer(second?.id ?? '');
      if (how === 'removed') await container.remove({ force: true });
      else if (how === 'killed') await container.kill();
      else await container.stop();
      await eventually(async () => {
        const containers = await worker.containers();
        expect(containers.map(({ name, running }) => [name, running])).toEqual([
          [first?.name, true],
          [second?.name, true],
        ]);
      });
      expect((await worker.containers())[0]).toEqual(first);
      await worker.reported({ state: 'converged' });
    },
    60_000,
  );

  it('one that is taken out of its network is in it again, its port answers, and it was not restarted', async () => {
    const [port, back] = [worker.engine.port(), `${worker.app}-back`];
    const starting_ports = [{ [String(port)]: '8080' }];
    await worker.want(1, { starting_ports, networks: [back], update: READY_AT_ONCE });
    await worker.reported({ state: 'converged' });
    const before = await worker.containers();
    const { docker } = worker.engine;
    const id = before[0]?.id ?? '';
    for (const lost of [[back], [DEFAULT_NETWORK, back]]) {
      for (const name of lost) await docker.getNetwork(name).disconnect({ Container: id });
      await eventually(async () => {
        const { NetworkSettings } = await docker.getContainer(id).inspect();
        expect(Object.keys(NetworkSettings.Networks).sort()).toEqual([DEFAULT_NETWORK, back].sort());
        expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
      });
    }
    expect(await worker.containers()).toEqual(before);
    await worker.reported({ state: 'converged' });
  }, 60_000);

  it('one whose host port a program has taken meanwhile serves again when the port is free', async () => {
    const port = worker.engine.port();
    await worker.want(1, { starting_ports: [{ [String(port)]: '8080' }] });
    await worker.reported({ state: 'converged' });
    await worker.close();
    const [seen] = await worker.containers();
    await worker.engine.docker.getNetwork(DEFAULT_NETWORK).disconnect({ Container: seen?.id });
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(port, '0.0.0.0', resolve));

    await worker.start();
    const report = await worker.reported({ state: 'failed' });
    expect(report.last_error?.message).toContain('address already in use');
    await new Promise((resolve) => holder.close(resolve));
    await worker.reported({ state: 'converged' });
    await serves(port);
    expect(await worker.containers()).toMatchObject([{ name: seen?.name, running: true }]);
  }, 60_000);

  it('one that was taken out of its network and stopped serves again', async () => {
    const port = worker.engine.port();
    await worker.want(1, { starting_ports: [{ [String(port)]: '8080' }] });
    await worker.reported({ state: 'converged' });
    await worker.close();
    const [seen] = await worker.containers();
    const { docker } = worker.engine;
    await docker.getContainer(seen?.id ?? '').stop({ t: 1 });
    await docker.getNetwork(DEFAULT_NETWORK).disconnect({ Container: seen?.id });

    worker.forgetReports();
    await worker.start();
    await worker.reported({ state: 'converged' });
    await serves(port);
    expect(await worker.containers()).toMatchObject([{ id: seen?.id, running: true }]);
  }, 60_000);

  it('a paused or renamed one is itself again, without a restart', async () => {
    await worker.want(1, { update: READY_AT_ONCE });
    await worker.reported({ state: 'converged' });
    const before = await worker.containers();
    const container = worker.engine.docker.getContainer(before[0]?.id ?? '');
    await container.rename({ name: `${worker.app}-elsewhere` });
    await container.pause();
    await eventually(async () => {
      expect((await container.inspect()).State.Paused).toBe(false);
      expect(await worker.containers()).toEqual(before);
    });
  }, 60_000);
});

describe('a container that is not ours', () => {
  it('with a name that we want is never touched, and the conflict is reported until the name is free', async () => {
    const name = `${worker.app}-2`;
    const foreign = await worker.engine.foreign(name);
    const before = await worker.engine.docker.getContainer(foreign).inspect();
    await worker.want(1, { containers_per: { server: 3 } });
    const report = await worker.reported({ state: 'failed' });
    expect(report.last_error?.message).toContain(
      `the name ${name} belongs to a container that is not this app's`,
    );
    await eventually(async () =>
      expect((await worker.containers()).map((container) => container.name)).toEqual([
        `${worker.app}-1`,
        `${worker.app}-3`,
      ]),
    );
    const after = await worker.engine.docker.getContainer(foreign).inspect();
    expect([after.Name, after.State.StartedAt]).toEqual([before.Name, before.State.StartedAt]);
    await worker.engine.docker.getContainer(foreign).rename({ name: `${worker.app}-foreign` });
    await worker.reported({ state: 'converged' });
    expect(await worker.containers()).toHaveLength(3);
  }, 60_000);
});

it('an app that a list leaves out is removed, and nothing of another scope', async () => {
  const foreign = await worker.engine.foreign(`${worker.app}-x`, {
    'nebula.scope': 'elsewhere',
    'nebula.app': 'a',
  });
  const kept = `${worker.app}-kept`;
  await worker.want(1);
  await worker.want(1, {}, { app_name: kept });
  await worker.reported({ state: 'converged' });
  await worker.reported({ state: 'converged', app_name: kept });
  const before = await worker.containers(kept);
  await worker.close();
  await worker.start({ selection: { kind: 'listed', apps: [kept] } });
  await eventually(async () => expect(await worker.containers()).toEqual([]));
  expect(await worker.containers(kept)).toEqual(before);
  expect((await worker.engine.docker.getContainer(foreign).inspect()).State.Running).toBe(true);
}, 60_000);
