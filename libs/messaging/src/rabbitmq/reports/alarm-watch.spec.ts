import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { eventually } from '../../testing/eventually.js';
import { LogLines } from '../../testing/log-lines.js';
import { StandInBroker } from '../../testing/stand-in-broker.js';
import { AlarmWatch } from './alarm-watch.js';

const log = new LogLines();
let broker: StandInBroker;
let alarms: AlarmWatch;

beforeEach(async () => {
  log.start();
  broker = await StandInBroker.start('');
  alarms = new AlarmWatch(broker.options);
});

afterEach(async () => {
  await alarms.close();
  await broker.stop();
  jest.restoreAllMocks();
  log.stop();
});

it('asks on another channel when the broker has ended one while it was opened', async () => {
  broker.endAt('channel.open');
  alarms.start();
  await eventually(() => expect(broker.connections).toBe(2));
  await eventually(() => expect(broker.published).toBeGreaterThan(0));
  expect(alarms.takenMs()).not.toBeNull();
});

it('connects anew when the broker has ended a connection while it was opened', async () => {
  broker.endAt('connection.open');
  alarms.start();
  await eventually(() => expect(broker.published).toBeGreaterThan(0));
  expect(broker.connections).toBe(2);
});

it('knows for how long the broker takes messages, however the clock is set meanwhile', async () => {
  const now = jest.spyOn(Date, 'now').mockReturnValue(86_400_000);
  const began = performance.now();
  alarms.start();
  await eventually(() => expect(alarms.takenMs()).not.toBeNull());
  now.mockReturnValue(0);
  await eventually(() => expect(alarms.takenMs()).toBeGreaterThan(20));
  expect(alarms.takenMs()).toBeLessThan(performance.now() - began);
});
