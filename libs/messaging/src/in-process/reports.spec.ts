import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { PATTERNS, type WorkerReport } from '@nebula/contracts';
import { Logger } from '@nestjs/common';
import { eventually } from '../testing/eventually.js';
import { Listener } from '../testing/listener.js';
import { reportOf } from '../testing/messages.js';
import { InProcessBroker } from './in-process-broker.js';

let broker: InProcessBroker;
const listeners: Listener<WorkerReport>[] = [];

async function listen(handle?: (report: WorkerReport) => unknown): Promise<Listener<WorkerReport>> {
  const listener = await Listener.start<WorkerReport>(PATTERNS.report, broker.reportStrategy(), handle);
  listeners.push(listener);
  return listener;
}

beforeEach(() => {
  broker = new InProcessBroker({ directory: join(tmpdir(), 'nebula-no-feed') });
});

afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.close();
  Logger.overrideLogger(false);
});

it('reports arrive as they were, and never as the same object', async () => {
  const listener = await listen();
  const report = reportOf('w1', 'shop', 1);
  broker.reports.publish(report);
  expect(listener.received).toEqual([]);
  await eventually(() => expect(listener.received).toEqual([report]));
  expect(listener.received[0]).not.toBe(report);
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

it('what can’t be sent troubles nobody', async () => {
  const listener = await listen();
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  broker.reports.publish(Object.assign(reportOf('w1', 'shop', 1), circle));
  broker.reports.publish(reportOf('w1', 'shop', 2));
  await eventually(() => expect(listener.received).toEqual([reportOf('w1', 'shop', 2)]));
  expect(listener.problems.join()).toContain('could not be sent');
});
