import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { PATTERNS, type WorkerHeartbeat, type WorkerMessage, type WorkerReport } from '@nebula/contracts';
import { Logger } from '@nestjs/common';
import { eventually } from '../testing/eventually.js';
import { Listener } from '../testing/listener.js';
import { reportOf } from '../testing/messages.js';
import type { ReceivedReport } from '../ports.js';
import { InProcessBroker } from './in-process-broker.js';
import { SEARCHED_LOG } from '../testing/searched-log.js';

let broker: InProcessBroker;
const listeners: Listener<ReceivedReport>[] = [];

/** A consumer of messages, which are reports unless a test sends others. */
class ReportListener {
  constructor(private readonly listener: Listener<ReceivedReport>) {}

  get received(): WorkerReport[] {
    return this.listener.received.map(({ payload }) => payload as WorkerReport);
  }

  get deliveries(): ReceivedReport[] {
    return this.listener.received;
  }

  get problems(): string[] {
    return this.listener.problems;
  }

  async close(): Promise<void> {
    await this.listener.close();
  }
}

async function listen(
  handle: (message: WorkerMessage) => unknown = () => undefined,
  strategy = broker.reportStrategy(),
): Promise<ReportListener> {
  const listener = await Listener.start<ReceivedReport>(PATTERNS.report, strategy, ({ payload }) =>
    handle(payload as WorkerMessage),
  );
  listeners.push(listener);
  return new ReportListener(listener);
}

beforeEach(() => {
  broker = new InProcessBroker({ directory: join(tmpdir(), 'nebula-no-feed') });
});

afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.close();
  Logger.overrideLogger(SEARCHED_LOG);
});

it('reports arrive as they were, and never as the same object', async () => {
  const listener = await listen();
  const report = reportOf('w1', 'shop', 1);
  broker.reports.publish(report);
  expect(listener.received).toEqual([]);
  await eventually(() => expect(listener.received).toEqual([report]));
  expect(listener.received[0]).not.toBe(report);
});

it('nobody vouches for a sender within one process', async () => {
  const listener = await listen();
  const report = reportOf('w1', 'shop', 1);
  broker.reports.publish(report);
  await eventually(() => expect(listener.deliveries).toEqual([{ payload: report, user_id: null }]));
});

it('the newest heartbeat is kept beside the reports', async () => {
  const { app_name: _app, ...rest } = reportOf('w1', 'shop', 1);
  const heartbeat = (sequence: number) =>
    ({ ...rest, kind: 'heartbeat', sequence, apps: [], interval_seconds: 60 }) as WorkerHeartbeat;
  for (const sequence of [1, 2, 3]) broker.reports.publish(heartbeat(sequence));
  broker.reports.publish(reportOf('w1', 'shop', 4));
  const listener = await listen();
  await eventually(() => expect(listener.received).toEqual([heartbeat(3), reportOf('w1', 'shop', 4)]));
});

it('says for how long it listens', async () => {
  const strategy = broker.reportStrategy();
  expect(strategy.listenedMs()).toBeNull();
  const before = performance.now();
  const listener = await listen(undefined, strategy);
  await eventually(() => expect(strategy.listenedMs()).toBeGreaterThan(20));
  expect(strategy.listenedMs()).toBeLessThanOrEqual(performance.now() - before);
  await listener.close();
  expect(strategy.listenedMs()).toBeNull();
});

it('while nobody takes them the newest per worker and app is kept', async () => {
  for (let sequence = 1; sequence <= 50; sequence += 1) {
    for (const worker of ['w1', 'w2']) broker.reports.publish(reportOf(worker, 'shop', sequence));
  }
  broker.reports.publish(reportOf('w1', 'web', 51));
  const listener = await listen();
  await eventually(() => expect(listener.received).toHaveLength(3));
  expect(listener.received).toEqual([
    reportOf('w1', 'shop', 50),
    reportOf('w2', 'shop', 50),
    reportOf('w1', 'web', 51),
  ]);
});

it('no more than 10,000 are kept, the newest', async () => {
  for (let number = 0; number < 10_050; number += 1)
    broker.reports.publish(reportOf('w1', `app-${number}`, 1));
  broker.reports.publish(reportOf('w1', 'app-50', 2));
  const listener = await listen();
  await eventually(() => expect(listener.received).toHaveLength(10_000));
  const names = new Set(listener.received.map(({ app_name }) => app_name));
  expect([names.has('app-49'), names.has('app-50'), names.has('app-10049')]).toEqual([false, true, true]);
  expect(listener.received.at(-1)).toEqual(reportOf('w1', 'app-50', 2));
});

it('a slow or failing consumer gets the newest', async () => {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const listener = await listen(async ({ sequence }) => {
    if (sequence === 1) await released;
    if (sequence === 5) throw new Error('broken');
  });
  broker.reports.publish(reportOf('w1', 'shop', 1));
  await eventually(() => expect(listener.received).toHaveLength(1));
  for (const sequence of [2, 3, 4, 5]) broker.reports.publish(reportOf('w1', 'shop', sequence));
  release();
  await eventually(() => expect(listener.problems.join()).toContain('could not be handled'));
  broker.reports.publish(reportOf('w1', 'shop', 6));
  await eventually(() => expect(listener.received.map(({ sequence }) => sequence)).toEqual([1, 5, 6]));
});

it('a consumer that pauses gets what it was busy with again, and the newest of what came meanwhile', async () => {
  const strategy = broker.reportStrategy();
  const listener = await listen(({ sequence }) => {
    if (sequence === 1 && strategy.listenedMs() !== null && listener.received.length < 2) strategy.pause();
  }, strategy);
  broker.reports.publish(reportOf('w1', 'shop', 1));
  await eventually(() => expect(listener.received).toHaveLength(1));
  expect(strategy.listenedMs()).toBeNull();
  for (const sequence of [2, 3]) broker.reports.publish(reportOf('w1', 'shop', sequence));
  broker.reports.publish(reportOf('w1', 'web', 4));
  await new Promise((resolve) => setImmediate(resolve));
  expect(listener.received).toHaveLength(1);
  const before = performance.now();
  strategy.resume();
  expect(strategy.listenedMs()).toBeLessThanOrEqual(performance.now() - before);
  await eventually(() => expect(listener.received).toHaveLength(4));
  expect(listener.received.map(({ sequence }) => sequence).sort()).toEqual([1, 1, 3, 4]);
});

it('a consumer that pauses is closed at once', async () => {
  const strategy = broker.reportStrategy();
  const listener = await listen(() => strategy.pause(), strategy);
  broker.reports.publish(reportOf('w1', 'shop', 1));
  await eventually(() => expect(listener.received).toHaveLength(1));
  broker.reports.publish(reportOf('w1', 'web', 2));
  const started = performance.now();
  await listener.close();
  expect(performance.now() - started).toBeLessThan(4_000);
  expect(listener.received).toHaveLength(1);
});

it('the last reports are delivered before the consumer is closed', async () => {
  const listener = await listen(() => new Promise((resolve) => setTimeout(resolve, 5)));
  for (const sequence of [1, 2, 3]) broker.reports.publish(reportOf('w1', 'shop', sequence));
  broker.reports.publish(reportOf('w1', 'web', 4));
  await listener.close();
  expect(listener.received.map(({ sequence }) => sequence).sort()).toEqual([3, 4]);
  broker.reports.publish(reportOf('w1', 'shop', 5));
  const next = await listen();
  await eventually(() => expect(next.received).toEqual([reportOf('w1', 'shop', 5)]));
  expect(listener.received).toHaveLength(2);
});

it("what can't be sent troubles nobody", async () => {
  const listener = await listen();
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  broker.reports.publish(Object.assign(reportOf('w1', 'shop', 1), circle));
  broker.reports.publish(reportOf('w1', 'shop', 2));
  await eventually(() => expect(listener.received).toEqual([reportOf('w1', 'shop', 2)]));
  expect(listener.problems.join()).toContain('could not be sent');
});
