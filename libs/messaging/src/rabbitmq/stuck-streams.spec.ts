import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { PATTERNS } from '@nebula/contracts';
import type { DesiredStateOrigin } from '../ports.js';
import { eventually } from '../testing/eventually.js';
import { LogLines } from '../testing/log-lines.js';
import { wanted } from '../testing/messages.js';
import { StandInBroker } from '../testing/stand-in-broker.js';
import { BrokerConnection } from './broker-connection.js';
import { RabbitDesiredStateStrategy } from './rabbit-desired-state-strategy.js';

/** Shorter than in use, so that a call has no answer soon; long for who is only busy. */
const CALL_LIMIT_MS = 2_000;

const LONGEST_WAIT_MS = 100;

const APPS = ['bad', 'shop', 'worse', 'web'];

const PROBLEM = /^RabbitMQ gives no answer for the stream of (bad|worse)$/;

const log = new LogLines();
let broker: StandInBroker;
let connection: BrokerConnection;
let strategy: RabbitDesiredStateStrategy;
/** The apps of which something came, in order. */
let brought: string[];

beforeEach(async () => {
  log.start();
  broker = await StandInBroker.start(JSON.stringify(wanted('shop', 1)));
  connection = new BrokerConnection(broker.options, undefined, CALL_LIMIT_MS);
  strategy = new RabbitDesiredStateStrategy(connection, APPS, { first_ms: 50, longest_ms: LONGEST_WAIT_MS });
  brought = [];
  const receive = async (_message: unknown, origin: unknown) =>
    void brought.push((origin as DesiredStateOrigin).app_name);
  strategy.addHandler(PATTERNS.desiredState, receive, true);
});

afterEach(async () => {
  jest.restoreAllMocks();
  await strategy.close();
  await connection.close();
  await broker.stop();
  log.stop();
});

function makeStuck(): void {
  for (const app of ['bad', 'worse']) broker.stuck.add(app);
}

it('streams with which the broker is stuck keep no other from being followed, and are when it goes on', async () => {
  makeStuck();
  strategy.listen(() => undefined);
  await eventually(() => expect(brought.toSorted()).toEqual(['shop', 'web']));
  await eventually(() => expect(strategy.problem()).toMatch(PROBLEM));
  expect(log.problems('gives no answer')).not.toEqual([]);
  broker.stuck.clear();
  await eventually(() => expect(brought.toSorted()).toEqual(['bad', 'shop', 'web', 'worse']));
  await eventually(() => expect(strategy.problem()).toBeNull());
  expect(broker.connections).toBe(1);
});

it('streams that were followed before keep no other from being followed anew', async () => {
  strategy.listen(() => undefined);
  await eventually(() => expect(brought).toEqual(APPS));
  makeStuck();
  brought = [];
  connection.drop();
  await eventually(() => expect(new Set(brought)).toEqual(new Set(['shop', 'web'])));
  await eventually(() => expect(strategy.problem()).toMatch(PROBLEM));
  broker.stuck.clear();
  await eventually(() => expect(new Set(brought)).toEqual(new Set(APPS)));
  await eventually(() => expect(strategy.problem()).toBeNull());
  expect(broker.connections).toBe(2);
});

it('while the connection is blocked a stream whose wait is over is looked for no more often than a channel', async () => {
  jest.spyOn(Math, 'random').mockReturnValue(1);
  makeStuck();
  strategy.listen(() => undefined);
  await eventually(() => expect(strategy.problem()).toMatch(PROBLEM));
  broker.blockAt(({ method }) => method === 'basic.consume');
  await eventually(() => expect(strategy.problem()).toContain('takes no messages'));
  const opening = jest.spyOn(connection, 'openChannel');
  const until = performance.now() + 3 * LONGEST_WAIT_MS;
  await eventually(() => expect(performance.now()).toBeGreaterThan(until));
  expect(opening.mock.calls.length).toBeLessThan(10);
});
