import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { PATTERNS } from '@nebula/contracts';
import { eventually } from '../../testing/eventually.js';
import { LogLines } from '../../testing/log-lines.js';
import { StandInBroker } from '../../testing/stand-in-broker.js';
import { RabbitReportStrategy } from './rabbit-report-strategy.js';

const LIMIT = 60_000;

const log = new LogLines();
let broker: StandInBroker;
let strategy: RabbitReportStrategy;

beforeEach(async () => {
  log.start();
  broker = await StandInBroker.start('{}');
  strategy = new RabbitReportStrategy(broker.options);
});

afterEach(async () => {
  await strategy.close();
  await broker.stop();
  log.stop();
});

it(
  'an api does not listen while reports wait in the queue',
  async () => {
    broker.messageCount = 5_000;
    strategy.addHandler(PATTERNS.report, async () => undefined, true);
    strategy.listen(() => undefined);
    await eventually(() => expect(strategy.listenedMs()).not.toBeNull());
    await eventually(() => expect(strategy.listenedMs()).toBeNull(), LIMIT);
    expect(strategy.problem()).toBeNull();
    broker.messageCount = 0;
    await eventually(() => expect(strategy.listenedMs()).not.toBeNull(), LIMIT);
  },
  2 * LIMIT,
);
