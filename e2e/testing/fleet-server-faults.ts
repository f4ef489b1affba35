import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { SeenContainer } from './engine-view.js';
import { eventually } from './eventually.js';
import { CHANGE_LIMIT, Fleet, FLEET_START_LIMIT, type FleetOptions } from './fleet.js';
import { IMAGES } from './fleet-server.js';

const LIMIT = 2 * CHANGE_LIMIT;
const APPS = ['shop', 'steady', 'leaving'];
const REPLICAS = 3;
/** So many updates are cut off in the middle, and so many are begun for that at most. */
const CUT_UPDATES = 3;
const MOST_UPDATES = 10;
/** An image of the workers may have to be built first. */
const START_LIMIT = 2 * FLEET_START_LIMIT;

let fleet: Fleet;

/** The containers of a server that have a value and run. */
async function withValue(index: number, value: string): Promise<SeenContainer[]> {
  const containers = await fleet.server(index).containers('shop');
  return containers.filter(({ running, environment }) => running && environment['STEP'] === value);
}

/** What runs on all servers, but for a container on one of them. */
async function others(name: string, on: number): Promise<SeenContainer[][]> {
  const apps = await Promise.all(['shop', 'steady'].map((app) => fleet.containers(app)));
  return apps.flatMap((servers) =>
    servers.map((containers, index) => containers.filter((each) => index !== on || each.name !== name)),
  );
}

/**
 * Tests of what happens to a server, on a fleet of its own.
 *
 * @param workerImage in what form the workers run; processes of this machine when absent
 */
export function describeServerFaults(workerImage?: () => Promise<FleetOptions['workerImage']>): void {
  beforeAll(async () => {
    const image = await workerImage?.();
    // One call at a time, so that an update has a middle.
    fleet = await Fleet.start({
      ...{ apps: APPS, worker: { ENGINE_PARALLELISM: '1' } },
      ...(image ? { workerImage: image } : {}),
    });
    for (const app_name of APPS) {
      const server = app_name === 'shop' ? REPLICAS : 1;
      await fleet.api.create({ app_name, docker_image: IMAGES[0], containers_per: { server } });
    }
    fleet.startWorkers();
    for (const app of APPS) await fleet.converged(app);
  }, START_LIMIT);

  afterAll(async () => {
    await fleet.end();
  }, FLEET_START_LIMIT);

  afterEach(() => {
    expect(fleet.unexpectedEnds).toEqual([]);
  });

  describe('a worker', () => {
    it(
      'is killed in the middle of an update, again and again, and goes on where it was',
      async () => {
        const { worker } = fleet.server(0);
        await fleet.untouched(['steady'], async () => {
          let cut = 0;
          for (let round = 0; cut < CUT_UPDATES && round < MOST_UPDATES; round += 1) {
            const value = await fleet.change('shop');
            await eventually(
              async () => expect((await withValue(0, value)).length).toBeGreaterThan(0),
              CHANGE_LIMIT,
            );
            await worker.kill();
            const right = await withValue(0, value);
            // It may have been through by then, which shows nothing.
            if (right.length < REPLICAS) cut += 1;
            worker.start();
            await fleet.arrives('shop', value, REPLICAS);
            expect(await fleet.server(0).containers('shop')).toEqual(expect.arrayContaining(right));
          }
          expect(cut).toBe(CUT_UPDATES);
        });
      },
      3 * LIMIT,
    );

    it(
      'has lost what it had on disk, and finds its containers again',
      async () => {
        const server = fleet.server(0);
        const { revision } = await fleet.api.ask<{ revision: number }>('GET', '/apps/shop');
        await fleet.untouched(APPS, async () => {
          await server.worker.stop();
          await server.loseState();
          server.worker.start();
          await eventually(
            async () => expect(await server.accepted('shop')).toMatchObject({ app_name: 'shop', revision }),
            CHANGE_LIMIT,
          );
          for (const app of APPS) await fleet.converged(app);
        });
        const { items } = await fleet.api.ask<{ items: object[] }>('GET', '/workers');
        expect(items).toHaveLength(3);
      },
      LIMIT,
    );

    it(
      'removes an app that was deleted while it was down, and follows the changes of others',
      async () => {
        const server = fleet.server(2);
        await fleet.untouched(['steady'], async () => {
          await server.worker.kill();
          await fleet.api.delete('leaving');
          const value = await fleet.change('shop');
          await eventually(async () => {
            expect((await fleet.containers('leaving')).map(({ length }) => length)).toEqual([0, 0, 1]);
          }, CHANGE_LIMIT);
          server.worker.start();
          await fleet.arrives('shop', value, REPLICAS);
          await fleet.converged('leaving');
          expect(await fleet.containers('leaving')).toEqual([[], [], []]);
        });
      },
      LIMIT,
    );
  });

  describe('a Docker Engine', () => {
    it.each([
      ['stopped in order', () => fleet.server(1).stopEngine()],
      ['killed', () => fleet.server(1).killEngine()],
    ])(
      '%s and started again has the newest of the changes that were made meanwhile',
      async (_how, end) => {
        const server = fleet.server(1);
        const others = [fleet.server(0), fleet.server(2)];
        const steady = () => Promise.all(others.map((other) => other.containers('steady')));
        const before = await steady();
        const ids = (await server.containers('steady')).map(({ id }) => id);
        await end();
        await fleet.change('shop');
        const last = await fleet.change('shop');
        await eventually(async () => {
          for (const index of [0, 2]) expect(await withValue(index, last)).toHaveLength(REPLICAS);
        }, CHANGE_LIMIT);
        expect(server.worker.isRunning).toBe(true);
        await server.startEngine();
        await fleet.arrives('shop', last, REPLICAS);
        await fleet.converged('steady');
        expect(await steady()).toEqual(before);
        // These have started again with their engine, but they are the same ones.
        expect(await server.containers('steady')).toMatchObject(ids.map((id) => ({ id, running: true })));
      },
      LIMIT,
    );

    it(
      'and its server started again without a broker: the worker repairs what is missing from what it has on disk',
      async () => {
        const server = fleet.server(1);
        const values = await server.variable('shop', 'STEP');
        expect(values).toHaveLength(REPLICAS);
        await fleet.broker.killNode();
        await server.worker.kill();
        await server.stopEngine();
        await server.startEngine();
        // The engine brings back what ran, and the worker nothing but what it can't.
        await eventually(async () => {
          for (const app of ['shop', 'steady'])
            for (const { running } of await server.containers(app)) expect(running).toBe(true);
        }, CHANGE_LIMIT);
        await server.removeContainer('shop-2');
        const before = await others('shop-2', 1);
        server.worker.start();
        await eventually(async () => {
          expect(await server.variable('shop', 'STEP')).toEqual(values);
        }, CHANGE_LIMIT);
        expect(await others('shop-2', 1)).toEqual(before);
        await fleet.untouched(['shop', 'steady'], async () => {
          await fleet.broker.startNode();
          for (const app of ['shop', 'steady']) await fleet.converged(app);
        });
        await fleet.untouched(['steady'], async () =>
          fleet.arrives('shop', await fleet.change('shop'), REPLICAS),
        );
      },
      LIMIT,
    );
  });
}
