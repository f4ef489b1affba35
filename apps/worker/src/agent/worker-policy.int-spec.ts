import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { AppSpec } from '@nebula/contracts';
import { randomInt } from 'node:crypto';
import { FaultProxy } from '../container-runtime/testing/fault-proxy.js';
import { WorkerOnEngine } from './testing/worker-on-engine.js';

const LIMIT = 60_000;
/** Nobody answers there: a try to pull would be another failure. */
const registry = `127.0.0.1:${randomInt(1_024, 2_000)}`;

let worker: WorkerOnEngine;
/** Sees all that the worker asks the engine. */
let proxy: FaultProxy;

beforeAll(async () => {
  worker = await WorkerOnEngine.open();
  proxy = await FaultProxy.open(worker.engine.host);
  await worker.start({
    docker_host: proxy.host,
    worker_policy: {
      ...{ images: { deny: [`${registry}/*`] }, binds: { allow: ['/srv'] } },
      ...{ docker_socket: false, capabilities: { allow: ['NET_BIND_SERVICE'] }, privileged: false },
      ...{
        devices: { allow: ['/dev/null'] },
        pid_mode_host: false,
        ipc_mode_host: false,
        network_host: false,
      },
    },
  });
}, LIMIT);

afterAll(async () => {
  await worker.destroy();
  await proxy.close();
}, LIMIT);

const FORBIDDEN: Record<string, [rule: string, spec: Partial<AppSpec>]> = {
  image: ['images', { docker_image: `${registry}/shop:1`, pull_policy: 'always' }],
  bind: ['binds', { volumes: ['/etc:/host-etc:ro'] }],
  // The folder brings the socket along.
  socket: ['docker_socket', { volumes: ['/run:/host-run'] }],
  capability: ['capabilities', { cap_add: ['NET_ADMIN'] }],
  privileged: ['privileged', { privileged: true }],
  device: ['devices', { devices: ['/dev/zero'] }],
  processes: ['pid_mode_host', { pid_mode: 'host' }],
  memory: ['ipc_mode_host', { ipc_mode: 'host' }],
  network: ['network_host', { networks: ['host'] }],
};

it(
  'what the policy of a worker forbids fails with the name of the rule, and nothing of it is pulled or made',
  async () => {
    proxy.forget();
    for (const [name, [rule, spec]] of Object.entries(FORBIDDEN)) {
      const app_name = `${worker.app}-${name}`;
      await worker.want(1, spec, { app_name });
      const { last_error } = await worker.reported({ app_name, state: 'failed' }, LIMIT);
      expect(last_error).toMatchObject({
        step: 'plan',
        message: expect.stringContaining(`worker_policy.${rule} forbids `),
      });
      expect(await worker.containers(app_name)).toEqual([]);
    }
    expect(proxy.writes).toEqual([]);

    // What is allowed by the same rules runs.
    await worker.want(1, {
      ...{ cap_add: ['NET_BIND_SERVICE'], volumes: ['/srv:/srv:ro', `${worker.app}-named:/data`] },
      ...{ devices: ['/dev/null:/dev/nothing'], ipc_mode: 'private' },
    });
    await worker.reported({ state: 'converged' }, LIMIT);
    const [permitted] = await worker.containers();
    const { HostConfig } = await worker.engine.docker.getContainer(permitted?.id ?? '').inspect();
    expect(HostConfig).toMatchObject({ CapAdd: ['NET_BIND_SERVICE'], Privileged: false });
    expect(HostConfig.Devices).toMatchObject([{ PathOnHost: '/dev/null' }]);
    await worker.want(2, { running: false });
    await worker.reported({ state: 'converged', revision: 2 }, LIMIT);
    await worker.engine.docker.getVolume(`${worker.app}-named`).remove();
  },
  2 * LIMIT,
);
