import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../testing/eventually.js';
import { CHANGE_LIMIT, Fleet, FLEET_START_LIMIT } from '../testing/fleet.js';
import { IMAGES } from '../testing/fleet-server.js';

const LIMIT = 2 * CHANGE_LIMIT;

let fleet: Fleet;

beforeAll(async () => {
  fleet = await Fleet.start({ apps: ['shop', 'steady', 'leaving'] });
  for (const app_name of ['shop', 'steady', 'leaving']) {
    await fleet.api.create({ app_name, docker_image: IMAGES[0] });
  }
  fleet.startWorkers();
  for (const app of ['shop', 'steady', 'leaving']) await fleet.converged(app);
}, FLEET_START_LIMIT);

afterAll(async () => {
  await fleet.end();
}, FLEET_START_LIMIT);

afterEach(() => {
  expect(fleet.unexpectedEnds).toEqual([]);
});

/** A change after all that was before reaches everyone, too. */
async function allIsWell(): Promise<void> {
  await fleet.arrives('shop', await fleet.change('shop'));
}

async function offlineWorkers(): Promise<number> {
  return (await fleet.api.wait('steady', 0)).offline;
}

describe('a broker', () => {
  it(
    'is killed and started again while changes are made',
    async () => {
      await fleet.untouched(['steady'], async () => {
        const killed = fleet.broker.killNode();
        await fleet.change('shop');
        await killed;
        const last = await fleet.change('shop');
        expect(await fleet.server(0).variable('shop', 'STEP')).not.toEqual([last]);
        await fleet.broker.startNode();
        await fleet.arrives('shop', last);
        await allIsWell();
      });
    },
    LIMIT,
  );

  it(
    'has lost the stream of an app, which is healed, and nothing is removed',
    async () => {
      await fleet.untouched(['shop', 'steady'], async () => {
        await fleet.deleteStream('steady');
        await eventually(async () => expect(await fleet.hasStream('steady')).toBe(true), CHANGE_LIMIT);
        await fleet.converged('steady');
      });
      await fleet.untouched(['shop'], async () => {
        await fleet.api.change('steady', { env_vars: { STEP: 'after' } });
        await fleet.converged('steady');
        expect(await fleet.variable('steady', 'STEP')).toEqual(fleet.servers.map(() => ['after']));
      });
    },
    LIMIT,
  );
});

describe('an api that ends between the write of a change and its publication', () => {
  it(
    'is stood in for by another one',
    async () => {
      await fleet.untouched(['steady'], async () => {
        const value = await acceptedAndKilled();
        await fleet.arrives('shop', value);
      });
      fleet.apiProxy.heal();
      fleet.apis[0]?.process.start();
      await fleet.apisReady();
    },
    LIMIT,
  );

  it(
    'publishes at its next start when it was alone',
    async () => {
      await fleet.untouched(['steady'], async () => {
        await fleet.apis[1]?.process.stop();
        const before = await fleet.containers('shop');
        const value = await acceptedAndKilled();
        expect(await fleet.containers('shop')).toEqual(before);
        fleet.apiProxy.heal();
        for (const { process } of fleet.apis) process.start();
        await fleet.apisReady();
        await fleet.arrives('shop', value);
      });
    },
    LIMIT,
  );
});

describe('a worker that has lost its broker', () => {
  it.each([
    ['whose connections are refused', () => fleet.workerProxy.cut()],
    ['whose packets are swallowed', () => fleet.workerProxy.silence()],
  ])(
    '%s has the newest of many changes when it is back',
    async (_how, partition) => {
      await fleet.untouched(['steady'], async () => {
        const before = await fleet.server(2).containers('shop');
        partition();
        await eventually(async () => expect(await offlineWorkers()).toBe(1), CHANGE_LIMIT);
        let last = '';
        for (let count = 0; count < 5; count += 1) last = await fleet.change('shop');
        await eventually(async () => {
          for (const index of [0, 1])
            expect(await fleet.server(index).variable('shop', 'STEP')).toEqual([last]);
        }, CHANGE_LIMIT);
        expect(await fleet.server(2).containers('shop')).toEqual(before);
        fleet.workerProxy.heal();
        await fleet.arrives('shop', last);
      });
    },
    LIMIT,
  );

  it(
    'removes an app that was deleted meanwhile',
    async () => {
      await fleet.untouched(['shop', 'steady'], async () => {
        fleet.workerProxy.cut();
        await eventually(async () => expect(await offlineWorkers()).toBe(1), CHANGE_LIMIT);
        await fleet.api.delete('leaving');
        await eventually(async () => {
          const containers = await fleet.containers('leaving');
          expect(containers.map(({ length }) => length)).toEqual([0, 0, 1]);
        }, CHANGE_LIMIT);
        fleet.workerProxy.heal();
        await fleet.converged('leaving');
        expect(await fleet.containers('leaving')).toEqual([[], [], []]);
      });
    },
    LIMIT,
  );
});

describe('a broker, in the end', () => {
  it(
    'is rebuilt from nothing and set up anew',
    async () => {
      await fleet.untouched(['shop', 'steady'], async () => {
        await fleet.broker.stop();
        await fleet.broker.wipe();
        await fleet.broker.start();
        await fleet.setUpBroker();
        for (const app of ['shop', 'steady', 'leaving']) await fleet.converged(app);
      });
      await fleet.untouched(['steady'], allIsWell);
    },
    LIMIT,
  );
});

/** Changes an app through the first api, whose word doesn't reach the broker, and kills it. */
async function acceptedAndKilled(): Promise<string> {
  fleet.apiProxy.silence();
  const value = await fleet.change('shop');
  await fleet.apis[0]?.process.kill();
  // What it had sent by then is lost with its connection.
  fleet.apiProxy.cut();
  return value;
}
