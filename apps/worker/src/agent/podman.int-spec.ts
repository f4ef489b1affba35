import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { AppSpec } from '@nebula/contracts';
import { makeHttpImageOnPodman } from '../../../../tools/engine/images.mjs';
import { ensurePackages } from '../../../../tools/engine/packages.mjs';
import { PODMAN_PACKAGES, startPodman, stopPodman } from '../../../../tools/engine/podman.mjs';
import { DockerRuntime } from '../container-runtime/docker/docker-runtime.js';
import { eventually } from '../container-runtime/testing/eventually.js';
import { IMAGES, type Seen, WorkerOnEngine } from './testing/worker-on-engine.js';

const LIMIT = 30_000;

/** The tests may run in a container, from which no id of the server is to be had. */
const KNOWN = { worker_id: 'on-podman' };

let folder: string;
let worker: WorkerOnEngine;

beforeAll(async () => {
  await ensurePackages(PODMAN_PACKAGES, () => undefined);
  folder = await mkdtemp(join('/run', 'nebula-podman-'));
  const { host } = await startPodman(folder);
  worker = await WorkerOnEngine.open(host, makeHttpImageOnPodman);
  await worker.start(KNOWN);
}, 180_000);

afterAll(async () => {
  await worker.destroy();
  await stopPodman(folder);
}, 60_000);

let revision = 0;
let spec: Partial<AppSpec> = {};

/** Wants a change of the app, and answers its containers once that is done. */
async function after(change: Partial<AppSpec>, tokens = {}): Promise<Seen[]> {
  revision += 1;
  spec = { ...spec, ...change };
  await worker.want(revision, spec, { tokens });
  await worker.reported({ state: 'converged', revision }, LIMIT);
  const containers = await worker.containers();
  expect(containers.every(({ running }) => running)).toBe(true);
  return containers;
}

const kept = (before: Seen[], now: Seen[]) => now.filter(({ id }) => before.some((other) => other.id === id));
const inspect = async ({ id }: Seen) => await worker.engine.docker.getContainer(id).inspect();

it('a worker on Podman runs an app, and changes, repairs and removes it', async () => {
  const port = worker.engine.port();
  worker.engine.port();
  worker.engine.port();
  const first = await after({
    ...{ containers_per: { server: 2 }, starting_ports: [{ [String(port)]: '8080' }] },
    resources: {
      // Finer than Podman counts.
      cpus: 0.500006,
      memory: '64m',
      memory_reservation: '32m',
      cpu_shares: 512,
      cpuset: '0',
      pids: 100,
    },
    hooks: { pre_stop: { command: ['sh', '-c', 'echo stopping > /www/stopping; exit 3'] } },
  });
  expect(first.map(({ name }) => name)).toEqual([`${worker.app}-1`, `${worker.app}-2`]);
  const page = async (at: number) => await (await fetch(`http://127.0.0.1:${at}/`)).text();
  expect(await page(port + 1)).toBe('version 1\n');

  await worker.close();
  worker.forgetReports();
  await worker.start(KNOWN);
  await worker.reported({ state: 'converged', revision });
  expect(await worker.containers()).toEqual(first);

  const second = await after({ docker_image: IMAGES[1], env_vars: { COLOUR: 'blue' } });
  expect(second.map(({ name }) => name)).toEqual(first.map(({ name }) => name));
  expect(kept(first, second)).toEqual([]);
  for (const at of [port, port + 1]) expect(await page(at)).toBe('version 2\n');
  // The hook of the old containers has run, and its failure has changed nothing.
  await worker.logged('failed: pre-stop');

  const three = await after({ containers_per: { server: 3 } });
  expect(three.slice(0, 2)).toEqual(second);
  const two = await after({ containers_per: { server: 2 } });
  expect(two).toEqual(second);

  const rolled = await after({ update: { min_ready_seconds: 0 } }, { roll: 4 });
  expect(kept(two, rolled)).toEqual([]);
  const restarted = await after({}, { roll: 4, restart: 5 });
  expect(kept(rolled, restarted)).toEqual([]);
  expect(await page(port)).toBe('version 2\n');
}, 120_000);

it('the engine has one id for all starts of a worker, which does not show that of the machine', async () => {
  const machine = '0123456789abcdef0123456789abcdef';
  const { host } = worker.engine;
  const idOf = async (known: string | null) =>
    (await new DockerRuntime(host, { machine: known }).facts()).engine_id;
  const first = await idOf(machine);
  expect(first).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  expect(await idOf(machine)).toBe(first);
  expect(await idOf(machine.replace('0', '1'))).not.toBe(first);
  expect(first).not.toContain(machine.slice(0, 8));
  expect(await idOf(null)).toBeNull();
});

it('what can not be changed on a container there is made anew: its restart policy and its limits', async () => {
  const before = await after({});
  const stubborn = await after({ restart_policy: 'on-failure:3' });
  expect(kept(before, stubborn)).toEqual([]);
  for (const container of stubborn) {
    const { HostConfig } = await inspect(container);
    expect(HostConfig.RestartPolicy).toEqual({ Name: 'on-failure', MaximumRetryCount: 3 });
  }
  const free = await after({ restart_policy: 'always', resources: {} });
  expect(kept(stubborn, free)).toEqual([]);
  for (const container of free) expect((await inspect(container)).HostConfig.Memory).toBe(0);
}, 120_000);

/** Podman cleans up once a container has ended, and fails when the worker was quicker and has started it again. */
async function unlessStartedAgain(ending: Promise<unknown> | undefined): Promise<void> {
  await ending?.catch((error: unknown) => {
    if (!String(error).includes('running or paused, refusing to clean up')) throw error;
  });
}

it('what is stopped or killed by hand is started again', async () => {
  const before = await after({});
  const [one, two] = before.map(({ id }) => worker.engine.docker.getContainer(id));
  await unlessStartedAgain(one?.stop());
  await unlessStartedAgain(two?.kill());
  await eventually(async () => {
    const now = await worker.containers();
    expect(now.map(({ id, running }) => [id, running])).toEqual(before.map(({ id }) => [id, true]));
    expect(now.every(({ started_at }, index) => started_at !== before[index]?.started_at)).toBe(true);
  }, LIMIT);
  await worker.reported({ state: 'converged', revision }, LIMIT);
}, 120_000);

it.each<[string, Partial<AppSpec>, string]>([
  [
    'a hook that it can not hold a container for',
    { hooks: { post_start: { command: ['true'] } } },
    'hooks: post_start needs an engine that can change the restart policy',
  ],
  [
    'a health check, for which it has no systemd',
    { health_check: { command: 'true' } },
    'health_check: the engine of this server runs none',
  ],
  [
    'swap without a limit, which it takes for another one',
    { resources: { memory: '64m', memory_swap: -1 } },
    'resources: memory_swap can not be -1 on the engine of this server (Podman)',
  ],
  [
    'what it would leave out without a word',
    { gpus: 'all', runtime: 'runsc', entrypoint: [] },
    'gpus: the engine of this server (Podman) gives a container none',
  ],
])(
  '%s is refused, and what runs goes on',
  async (_what, change, message) => {
    const before = await after({});
    revision += 1;
    await worker.want(revision, { ...spec, ...change, env_vars: {} });
    const { last_error } = await worker.reported({ state: 'failed', revision }, LIMIT);
    expect(last_error?.message).toContain(message);
    expect(await worker.containers()).toEqual(before);
  },
  120_000,
);

it('nothing is left of an app that is deleted, nor of a step that has failed', async () => {
  revision += 1;
  await worker.delete(revision);
  await worker.reported({ state: 'converged', deleted: true }, LIMIT);
  expect(await worker.containers()).toEqual([]);
  const failed = worker.log.lines.filter(({ message }) => /^failed: (?!pre-stop)/.test(message));
  expect(failed).toEqual([]);
}, 120_000);
