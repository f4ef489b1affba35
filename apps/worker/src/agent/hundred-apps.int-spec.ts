import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { type AppSpec, LABELS, PATTERNS, type WorkerMessage, type WorkerReport } from '@nebula/contracts';
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
import { BrokerUnderTest } from '../../../../libs/messaging/src/testing/broker-under-test.js';
import { Listener } from '../../../../libs/messaging/src/testing/listener.js';
import { eventually } from '../container-runtime/testing/eventually.js';
import { wanted } from './testing/messages.js';
import { IMAGES, WorkerOnEngine } from './testing/worker-on-engine.js';

const LIMIT = 300_000;
const VHOST = 'fleet';
const NAME = 'nebula-worker';
const API = { user: 'nebula-api', password: 'api-secret', vhost: VHOST };
const WORKER = { user: workerUserName('w1'), password: 'worker-secret', vhost: VHOST };
const COUNT = 100;

/** Without a network of its own a container starts in a fraction of the time. */
const SPEC: Partial<AppSpec> = { docker_image: IMAGES[0], networks: ['none'] };

/** How an app is updated is a change that needs no other container. */
const OTHER_POLICY: Partial<AppSpec> = { update: { strategy: 'rolling' } };

// What is waited for can take long on a busy machine.
jest.setTimeout(LIMIT);

let server: BrokerUnderTest;
let feed: RabbitFeed;
let api: Listener<readonly ReceivedReport[]>;
let worker: WorkerOnEngine;
let apps: string[];
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
  worker = await WorkerOnEngine.open();
  ends.push(() => worker.destroy());
  apps = Array.from({ length: COUNT }, (_, index) => `${worker.app}-${index}`);
  await startWorker();
}, LIMIT);

afterAll(async () => {
  for (const end of ends) await end();
  await api.close();
  await feed.close();
  await server.remove();
}, LIMIT);

/** Connects the worker as its program does it. */
async function startWorker(): Promise<void> {
  const connection = new BrokerConnection(server.options({ ...WORKER, connection_name: NAME }));
  const reports = new RabbitReportPublisher(connection, WORKER.user);
  ends.push(
    () => reports.close(),
    () => connection.close(),
  );
  await worker.start({
    ...{ worker_id: 'w1', selection: { kind: 'listed', apps } },
    ...{ strategy: new RabbitDesiredStateStrategy(connection, apps), reports },
  });
}

async function publish(app_name: string, revision: number, changes: Partial<AppSpec> = {}): Promise<void> {
  await feed.publish(wanted({ app_name, revision, spec: { ...SPEC, ...changes } }));
}

/** The newest report of each app that has reached the api. */
function reported(): WorkerReport[] {
  const messages = api.received.flat().map(({ payload }) => payload as WorkerMessage);
  const reports = messages.filter((message) => message.kind === 'report');
  return [...new Map(reports.map((report) => [report.app_name, report])).values()];
}

/** So many apps have converged on a revision, and the api knows. */
async function converged(revision: number, count: number): Promise<void> {
  await eventually(() => {
    const there = reported().filter((report) => report.state === 'converged' && report.revision === revision);
    expect(there).toHaveLength(count);
  }, 200_000);
}

interface Running {
  id: string;
  started_at: string;
}

/** The one container that each app has on the engine, which runs, by the app's name. */
async function running(): Promise<Map<string, Running>> {
  const { docker, scope } = worker.engine;
  const listed = await docker.listContainers({ all: true, filters: { label: [`${LABELS.scope}=${scope}`] } });
  const found = new Map<string, Running>();
  for (const { Id: id, Labels } of listed) {
    const { State } = await docker.getContainer(id).inspect();
    expect(State.Running).toBe(true);
    found.set(Labels[LABELS.app] ?? '', { id, started_at: State.StartedAt });
  }
  expect(listed).toHaveLength(COUNT);
  expect([...found.keys()].sort()).toEqual([...apps].sort());
  return found;
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
    expect(await onBroker()).toEqual({ connections: 1, channels: 2, readers: [COUNT] });
  }, 60_000);
}

it('a worker brings a hundred apps up over one connection, with one channel for all of their streams', async () => {
  for (const app of apps) await publish(app, 1);
  await converged(1, COUNT);
  await running();
  await takesOneConnection();
});

it('a change of one of them touches that app alone', async () => {
  const before = await running();
  const [changed = ''] = apps;
  await publish(changed, 2, { env_vars: { STEP: '2' } });
  await converged(2, 1);
  const after = await running();
  expect(after.get(changed)?.id).not.toBe(before.get(changed)?.id);
  for (const each of [before, after]) each.delete(changed);
  expect(after).toEqual(before);
});

it('after its connection was lost it has what was published meanwhile, over one connection, and touches nothing for it', async () => {
  const before = await running();
  await server.dropConnections(NAME);
  const [changed = '', ...others] = apps;
  await publish(changed, 3, { env_vars: { STEP: '2' }, ...OTHER_POLICY });
  for (const app of others) await publish(app, 3, OTHER_POLICY);
  await converged(3, COUNT);
  expect(await running()).toEqual(before);
  await takesOneConnection();
});
