import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { PATTERNS, type WorkerMessage, type WorkerReport } from '@nebula/contracts';
import {
  BrokerConnection,
  RabbitDesiredStateStrategy,
  RabbitFeed,
  RabbitReportPublisher,
  RabbitReportStrategy,
  type ReceivedReport,
  setupBroker,
  workerUserName,
} from '@nebula/messaging';
import type { INestMicroservice } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BrokerUnderTest } from '../../../../libs/messaging/src/testing/broker-under-test.js';
import { Listener } from '../../../../libs/messaging/src/testing/listener.js';
import { ContainerRuntime } from '../container-runtime/container-runtime.js';
import { eventually } from '../container-runtime/testing/eventually.js';
import { WorkerModule } from '../worker.module.js';
import { KeptLog } from './testing/kept-log.js';
import { MemoryEngine } from './testing/memory-engine.js';
import { wanted } from './testing/messages.js';

const LIMIT = 300_000;
const VHOST = 'fleet';
const NAME = 'nebula-worker';
const API = { user: 'nebula-api', password: 'api-secret', vhost: VHOST };
const WORKER = { user: workerUserName('w1'), password: 'worker-secret', vhost: VHOST };
const APPS = Array.from({ length: 100 }, (_, index) => `app-${index}`);

// What is waited for can take long on a busy machine.
jest.setTimeout(LIMIT);

let server: BrokerUnderTest;
let feed: RabbitFeed;
let stateDir: string;
let engine: MemoryEngine;
let api: Listener<readonly ReceivedReport[]>;
let worker: INestMicroservice;
const ends: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  server = await BrokerUnderTest.start();
  const { managementUrls, admin } = server.broker;
  const management = { url: managementUrls[0] ?? '', ...admin };
  const setup = { management, vhost: VHOST, api: API, workers: [WORKER], report_interval_seconds: 60 };
  await setupBroker(setup, () => undefined);
  feed = new RabbitFeed({ ...server.options(API), region: 'eu' });
  api = await Listener.start(PATTERNS.report, new RabbitReportStrategy(server.options(API)));
  await eventually(() => expect(feed.problem()).toBeNull());
  stateDir = await mkdtemp(join(tmpdir(), 'nebula-hundred-'));
  engine = new MemoryEngine();
  for (const version of [1, 2, 3]) engine.images.set(`shop:${version}`, `id of shop:${version}`);
  await startWorker();
}, LIMIT);

afterAll(async () => {
  for (const end of ends.reverse()) await end();
  await api.close();
  await feed.close();
  await server.remove();
  await rm(stateDir, { recursive: true, force: true });
}, LIMIT);

/** A whole worker, connected as its program does it, over an engine in memory. */
async function startWorker(): Promise<void> {
  const connection = new BrokerConnection(server.options({ ...WORKER, connection_name: NAME }));
  const strategy = new RabbitDesiredStateStrategy(connection, APPS);
  const reports = new RabbitReportPublisher(connection, WORKER.user);
  const options = {
    ...{ scope: 'default', state_dir: join(stateDir, 'worker'), docker_host: 'unix:///nowhere.sock' },
    ...{ worker_id: 'w1', parallelism: 4, selection: { kind: 'listed', apps: APPS } as const },
    ...{ strategy, reports, logger: new KeptLog(), version: 'test' },
  };
  const module = await Test.createTestingModule({ imports: [WorkerModule.forRoot(options)] })
    .overrideProvider(ContainerRuntime)
    .useValue(engine)
    .compile();
  worker = module.createNestMicroservice({ strategy, logger: false });
  ends.push(async () => {
    await worker.close();
    await reports.close();
    await connection.close();
  });
  await worker.listen();
}

async function publish(revision: number): Promise<void> {
  const spec = { docker_image: `shop:${revision}` };
  for (const app_name of APPS) await feed.publish(wanted({ app_name, revision, spec }));
}

/** The newest report of each app that has reached the api. */
function reported(): WorkerReport[] {
  const messages = api.received.flat().map(({ payload }) => payload as WorkerMessage);
  const reports = messages.filter((message) => message.kind === 'report');
  return [...new Map(reports.map((report) => [report.app_name, report])).values()];
}

/** Every app runs at a revision, and the api knows. */
async function allConverged(revision: number): Promise<void> {
  await eventually(() => {
    const there = reported().filter((report) => report.state === 'converged' && report.revision === revision);
    expect(there).toHaveLength(APPS.length);
  }, 120_000);
  for (const app of APPS) {
    expect(engine.of(app)).toMatchObject([{ name: `${app}-1`, state: 'running', image: `shop:${revision}` }]);
  }
}

/** What the broker says of the worker: its connections, their channels, and the streams that it reads on each. */
async function onBroker(): Promise<{ connections: number; channels: number; readers: number[] }> {
  const connections = (await server.connections()).filter(({ name }) => name === NAME);
  const text = await server.broker.manage('GET', `/api/consumers/${VHOST}`);
  const consumers = JSON.parse(text) as { channel_details: { name: string; user: string } }[];
  const readers = new Map<string, number>();
  for (const { channel_details } of consumers) {
    const { name, user } = channel_details;
    if (user === WORKER.user) readers.set(name, (readers.get(name) ?? 0) + 1);
  }
  return {
    connections: connections.length,
    channels: connections.reduce((sum, { channels }) => sum + channels, 0),
    readers: [...readers.values()],
  };
}

/** One connection, with a channel on which all streams are read and one for the reports. */
async function takesOneConnection(): Promise<void> {
  // The management plugin needs some seconds to notice.
  await eventually(async () => {
    expect(await onBroker()).toEqual({ connections: 1, channels: 2, readers: [APPS.length] });
  }, 60_000);
}

it('a worker brings a hundred apps up over one connection, with one channel for all of their streams', async () => {
  await publish(1);
  await allConverged(1);
  await publish(2);
  await allConverged(2);
  await takesOneConnection();
});

it('it does so again after its connection was lost, and has what was published meanwhile', async () => {
  await server.dropConnections(NAME);
  await publish(3);
  await allConverged(3);
  await takesOneConnection();
});
