import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { PATTERNS } from '@nebula/contracts';
import type { DesiredStateOrigin } from '../ports.js';
import { eventually } from '../testing/eventually.js';
import { LogLines } from '../testing/log-lines.js';
import { wanted } from '../testing/messages.js';
import { StandInBroker } from '../testing/stand-in-broker.js';
import { BrokerConnection } from './broker-connection.js';
import { RabbitDesiredStateStrategy } from './rabbit-desired-state-strategy.js';

const log = new LogLines();
let broker: StandInBroker;
let connection: BrokerConnection;
let strategy: RabbitDesiredStateStrategy;
/** The apps of which something came, in order. */
let brought: string[];

beforeEach(async () => {
  log.start();
  broker = await StandInBroker.start(JSON.stringify(wanted('shop', 1)));
  connection = new BrokerConnection(broker.options);
  strategy = new RabbitDesiredStateStrategy(connection, ['shop'], { first_ms: 50, longest_ms: 100 });
  brought = [];
  const receive = async (_message: unknown, origin: unknown) =>
    void brought.push((origin as DesiredStateOrigin).app_name);
  strategy.addHandler(PATTERNS.desiredState, receive, true);
  strategy.listen(() => undefined);
  await eventually(() => expect(brought).toEqual(['shop']));
});

afterEach(async () => {
  await strategy.close();
  await connection.close();
  await broker.stop();
  log.stop();
});

it('an app that is taken off the list and put back comes anew, also while others are looked for', async () => {
  strategy.setApps(['shop', 'web']);
  strategy.setApps(['web']);
  strategy.setApps(['web', 'shop']);
  await eventually(() => expect(brought.toSorted()).toEqual(['shop', 'shop', 'web']));
  await eventually(() => expect(broker.consumers.size).toBe(2));
  expect(strategy.problem()).toBeNull();
});

it('an app that is taken off the list while others are looked for is followed no more', async () => {
  strategy.setApps(['shop', 'web']);
  strategy.setApps(['web']);
  await eventually(() => expect(brought).toEqual(['shop', 'web']));
  await eventually(() => expect(broker.consumers.size).toBe(1));
});
