import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { EngineUnderTest } from '../testing/engine-under-test.js';
import { FaultProxy } from '../testing/fault-proxy.js';
import { TEST_IMAGE } from '../testing/spec.js';
import { DockerRuntime } from './docker-runtime.js';

let engine: EngineUnderTest;
let proxy: FaultProxy;
let runtime: DockerRuntime;

beforeAll(async () => {
  engine = await EngineUnderTest.open();
  proxy = await FaultProxy.open(engine.host);
  runtime = new DockerRuntime(proxy.host, { limitFactor: 0.01 });
}, 60_000);

afterAll(async () => {
  runtime.onApplicationShutdown();
  await proxy.close();
  await engine.close();
}, 60_000);

/** More than there are sockets. */
const MANY = 80;

it.each<[string, () => Promise<unknown>]>([
  ['about itself', () => runtime.facts()],
  ['for an image', () => runtime.imageId(TEST_IMAGE)],
  ['for its containers', () => runtime.list(engine.scope)],
  ['for its networks', () => runtime.networkNames()],
  ['for a start', () => runtime.start('nothing').catch(missing)],
  ['for a stop', () => runtime.stop('nothing')],
])('an engine that hangs when it is asked %s can be asked again once it answers', async (_what, ask) => {
  proxy.fault = () => ({ kind: 'hang' });
  const calls = await Promise.allSettled(Array.from({ length: MANY }, ask));
  for (const call of calls) {
    expect(call).toMatchObject({ status: 'rejected', reason: { kind: 'unavailable' } });
  }
  proxy.fault = () => null;
  await ask();
});

function missing(error: unknown): void {
  if (!(error instanceof Error) || !/no such container/i.test(error.message)) throw error;
}
