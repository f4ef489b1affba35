import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { FaultProxy } from '../container-runtime/testing/fault-proxy.js';
import { WorkerOnEngine } from './testing/worker-on-engine.js';

/** Milliseconds. */
const MINUTE = 60_000;

let worker: WorkerOnEngine;
let proxy: FaultProxy;

beforeEach(async () => {
  worker = await WorkerOnEngine.open();
  proxy = await FaultProxy.open(worker.engine.host);
}, 90_000);

afterEach(async () => {
  proxy.fault = () => null;
  await worker.destroy();
  await proxy.close();
}, 90_000);

it('an engine that takes a minute for a list, a start or a stop is waited for, and nothing that is right is touched', async () => {
  const steady = `${worker.app}-steady`;
  // The real limits.
  await worker.start({ docker_host: proxy.host, resync_seconds: 600 });
  await worker.want(1, { containers_per: { server: 2 } }, { app_name: steady });
  await worker.want(1, { containers_per: { server: 2 } });
  await worker.reported({ app_name: steady, state: 'converged' });
  await worker.reported({ state: 'converged' });
  const before = await worker.containers(steady);
  const [kept] = await worker.containers();
  const other = `${worker.app}-other`;

  const asked: string[] = [];
  let began = Number.NaN;
  proxy.fault = ({ route }) => {
    const isList = route === '/containers/json';
    if (!isList && !/^\/containers\/\{id\}\/(start|stop)$/.test(route)) return null;
    if (isList) began = Number.isNaN(began) ? performance.now() : began;
    // The first lists are enough: a new app has two before its start.
    if (isList && performance.now() - began > MINUTE) return null;
    asked.push(route);
    return { kind: 'delay', ms: MINUTE };
  };
  // One has a container to stop, one has one to start, each after a list that takes as long.
  await worker.want(2, { containers_per: { server: 1 } });
  await worker.want(1, {}, { app_name: other });
  await worker.reported({ state: 'converged', revision: 2 }, 4 * MINUTE);
  await worker.reported({ app_name: other, state: 'converged' }, 4 * MINUTE);

  expect(asked.filter((route) => route.endsWith('/start'))).toHaveLength(1);
  expect(asked.filter((route) => route.endsWith('/stop'))).toHaveLength(1);
  expect(asked.length).toBeGreaterThan(3);
  expect(worker.reports.filter(({ state }) => state === 'failed')).toEqual([]);
  expect(await worker.containers(steady)).toEqual(before);
  expect(await worker.containers()).toEqual([kept]);
}, 600_000);
