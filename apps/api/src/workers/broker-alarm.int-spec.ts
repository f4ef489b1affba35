import { afterAll, afterEach, beforeAll, beforeEach, expect, it, jest } from '@jest/globals';
import {
  BrokerConnection,
  RabbitReportPublisher,
  RabbitReportStrategy,
  setupBroker,
} from '@nebula/messaging';
import { BrokerUnderTest } from '../../../../libs/messaging/src/testing/broker-under-test.js';
import { secret } from '../../../../tools/test/known-secrets.mjs';
import type { Diagnosis } from '../diagnostics/diagnosis.js';
import { PROBLEMS } from '../http/problem-types.js';
import { ApiUnderTest } from '../testing/api-under-test.js';
import { eventually } from '../testing/eventually.js';
import { expectProblem } from '../testing/expect-problem.js';
import { heartbeatOf } from './testing/messages.js';

const LIMIT = 120_000;
const VHOST = 'fleet';
const API = { user: 'nebula-api', password: secret('4larm-of-the-api'), vhost: VHOST };
const WORKER = { user: 'nebula-worker', password: secret('4larm-of-a-worker'), vhost: VHOST };

/** Between two heartbeats, seconds. */
const INTERVAL = 2;
/** A worker that is silent for so long is offline, milliseconds. */
const PATIENCE_MS = 3_000 * INTERVAL;

// What is waited for can take long on a busy machine.
jest.setTimeout(LIMIT);

let server: BrokerUnderTest;
let connection: BrokerConnection;
let reports: RabbitReportPublisher;
let api: ApiUnderTest;
let heartbeats: NodeJS.Timeout;
/** Workers that live, and report on one connection. */
let living: string[];

beforeAll(async () => {
  server = await BrokerUnderTest.start();
  const management = { url: server.broker.managementUrls[0] ?? '', ...server.broker.admin };
  const setup = { management, vhost: VHOST, api: API, workers: [WORKER], report_interval_seconds: 60 };
  await setupBroker(setup, () => undefined);
}, LIMIT);

afterAll(async () => {
  await server.remove();
}, LIMIT);

beforeEach(async () => {
  connection = new BrokerConnection(server.options(WORKER));
  reports = new RabbitReportPublisher(connection, WORKER.user);
  connection.start();
  living = ['one', 'other'];
  let sequence = 0;
  heartbeats = setInterval(() => {
    sequence += 1;
    for (const worker_id of living)
      reports.publish(heartbeatOf({ worker_id, sequence, interval_seconds: INTERVAL }));
  }, 250 * INTERVAL);
  api = await ApiUnderTest.start({ reports: new RabbitReportStrategy(server.options(API)) });
});

afterEach(async () => {
  await server.broker.setMemoryWatermark(0.9);
  clearInterval(heartbeats);
  await api.stop();
  await reports.close();
  await connection.close();
});

async function states(): Promise<Record<string, string>> {
  const { body } = await api.call('GET', '/workers');
  const { items } = body as { items: { worker_id: string; state: string }[] };
  return Object.fromEntries(items.map(({ worker_id, state }) => [worker_id, state]));
}

/** What `/readyz` says of the reports: null when all is well. */
async function reportsProblem(): Promise<string | null> {
  const { body } = await api.call('GET', '//readyz');
  const { checks } = body as { checks: { name: string; problem: string | null }[] };
  return checks.find(({ name }) => name === 'reports')?.problem ?? null;
}

/** What to do about the reports, as the diagnostics say. */
async function reportsRemedy(): Promise<string | null> {
  const { body } = await api.call('GET', '/diagnostics');
  const { findings = [] } = (body as Diagnosis).checks.find(({ name }) => name === 'broker') ?? {};
  return findings.find(({ about }) => about === 'reports')?.remedy ?? null;
}

it('while an alarm of the broker keeps reports back no worker gets offline, /readyz says so, and silence counts after it', async () => {
  await eventually(async () => expect(await states()).toEqual({ one: 'online', other: 'online' }), 20_000);
  // The connection that is told of alarms may be there later than that with the reports.
  await eventually(async () => expect(await reportsProblem()).toBeNull(), 20_000);
  // So that silence would count at once.
  const listened = performance.now() + PATIENCE_MS;
  await eventually(() => expect(performance.now()).toBeGreaterThan(listened), LIMIT);

  await server.broker.setMemoryWatermark(0);
  await eventually(() => expect(reports.problem()).toContain('RabbitMQ takes no messages'), 20_000);
  const until = performance.now() + 2 * PATIENCE_MS;
  const seen = new Set<string>();
  await eventually(async () => {
    for (const state of Object.values(await states())) seen.add(state);
    expect(performance.now()).toBeGreaterThan(until);
  }, LIMIT);
  expect([...seen]).toEqual(['online']);
  expect(await reportsProblem()).toContain('RabbitMQ takes no messages');
  expect(await reportsRemedy()).toContain('Free memory or disk');
  expectProblem(await api.call('DELETE', '/workers/one'), PROBLEMS.workerOnline);
  expect((await api.call('GET', '//readyz')).status).toBe(503);

  // One of them ends meanwhile, which is found when workers can be heard.
  living = ['one'];
  await server.broker.setMemoryWatermark(0.9);
  await eventually(async () => expect(await reportsProblem()).toBeNull(), 20_000);
  await eventually(async () => expect(await states()).toEqual({ one: 'online', other: 'offline' }), 60_000);
});
