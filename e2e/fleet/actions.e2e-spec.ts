import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../testing/eventually.js';
import { CHANGE_LIMIT, Fleet, FLEET_START_LIMIT } from '../testing/fleet.js';
import type { Accepted } from '../testing/fleet-api.js';
import { IMAGES } from '../testing/fleet-server.js';

const LIMIT = CHANGE_LIMIT + 30_000;
/** Each server has all ports to itself. */
const PORT = 80;
const OTHER_PORT = 81;
/** An image that is pulled from a registry, and the port of the app that has it. */
const TAGGED = 'tagged:latest';
const TAGGED_PORT = 90;

let fleet: Fleet;

beforeAll(async () => {
  fleet = await Fleet.start({ apps: ['shop', 'steady', 'tagged'] });
}, FLEET_START_LIMIT);

afterAll(async () => {
  await fleet.end();
}, FLEET_START_LIMIT);

afterEach(() => {
  expect(fleet.unexpectedEnds).toEqual([]);
});

/** One value for each server. */
const each = <T>(value: T) => fleet.servers.map(() => value);

/** What the servers answer on a port, once all of them do: a container runs before its program listens. */
async function pages(port: number): Promise<string[]> {
  let answers: string[] = [];
  await eventually(async () => {
    answers = await Promise.all(fleet.servers.map((server) => server.page(port)));
  }, 10_000);
  return answers;
}

async function ids(app: string): Promise<string[][]> {
  return (await fleet.containers(app)).map((containers) => containers.map(({ id }) => id));
}

/** Makes a change, which reaches all workers and touches nothing of the app that it isn't about. */
async function reaches(app: string, change: () => Promise<Accepted>): Promise<void> {
  const during = async () => {
    const { revision } = await change();
    expect(await fleet.converged(app)).toMatchObject({ epoch: 1, revision, converged: 3, pending: 0 });
  };
  await fleet.untouched(['steady'], during);
}

/** Whether all containers of an app run and none of them is one of before. */
async function areAllNew(app: string, before: string[][]): Promise<boolean> {
  const now = await fleet.containers(app);
  return now.every(
    (containers, index) =>
      containers.length === before[index]?.length &&
      containers.every(({ id, running }) => running && !before.flat().includes(id)),
  );
}

describe('on all servers', () => {
  it(
    'a new app comes up, though the workers were there before it',
    async () => {
      fleet.startWorkers();
      const { revision } = await fleet.api.create({
        ...{ app_name: 'shop', docker_image: IMAGES[0], containers_per: { server: 2 } },
        ...{ starting_ports: [{ [PORT]: 8080 }], env_vars: { STEP: 'first' } },
      });
      await fleet.api.create({ app_name: 'steady', docker_image: IMAGES[0] });
      const image = await fleet.pushEverywhere(TAGGED, '1');
      const starting_ports = [{ [TAGGED_PORT]: 8080 }];
      await fleet.api.create({ app_name: 'tagged', docker_image: image, starting_ports });
      expect(await fleet.converged('shop')).toMatchObject({ epoch: 1, revision });
      for (const app of ['steady', 'tagged']) await fleet.converged(app);
      expect(await fleet.variable('shop', 'STEP')).toEqual(each(['first', 'first']));
      expect([await pages(PORT), await pages(OTHER_PORT)]).toEqual([each('version 1'), each('version 1')]);
    },
    LIMIT,
  );

  it('every worker is known by the id of its own engine', async () => {
    const engines = await Promise.all(
      fleet.servers.map(async ({ view }) => ((await view.docker.info()) as { ID: string }).ID),
    );
    const { items } = await fleet.api.ask<{ items: { worker_id: string; state: string }[] }>(
      'GET',
      '/workers',
    );
    expect(new Set(engines).size).toBe(3);
    expect(items.map(({ worker_id, state }) => [worker_id, state]).sort()).toEqual(
      engines.map((id) => [id, 'online']).sort(),
    );
  });

  it(
    'its environment changes',
    async () => {
      await reaches('shop', () => fleet.api.change('shop', { env_vars: { STEP: 'second' } }));
      expect(await fleet.variable('shop', 'STEP')).toEqual(each(['second', 'second']));
    },
    LIMIT,
  );

  it(
    'it gets a secret, which no api tells, nor any log: what all programs say is searched for it',
    async () => {
      const TOKEN = 'hunter2-on-all-servers';
      const change = { env_vars: { TOKEN }, secret_env_vars: ['TOKEN'] };
      await reaches('shop', () => fleet.api.change('shop', change));
      expect(await fleet.variable('shop', 'TOKEN')).toEqual(each([TOKEN, TOKEN]));
      for (const { api } of fleet.apis) {
        const { env_vars } = await api.ask<{ env_vars: object }>('GET', '/apps/shop');
        expect(env_vars).toEqual({ STEP: 'second', TOKEN: '***' });
      }
    },
    LIMIT,
  );

  it(
    'its image changes',
    async () => {
      await reaches('shop', () => fleet.api.change('shop', { docker_image: IMAGES[1] }));
      expect([await pages(PORT), await pages(OTHER_PORT)]).toEqual([each('version 2'), each('version 2')]);
    },
    LIMIT,
  );

  it(
    'it is scaled, and what ran goes on running',
    async () => {
      const before = await fleet.containers('shop');
      await reaches('shop', () => fleet.api.change('shop', { containers_per: { server: 3 } }));
      const more = await fleet.containers('shop');
      expect(more.map((containers) => containers.slice(0, 2))).toEqual(before);
      expect(await pages(PORT + 2)).toEqual(each('version 2'));
      await reaches('shop', () => fleet.api.change('shop', { containers_per: { server: 1 } }));
      expect(await fleet.containers('shop')).toEqual(before.map((containers) => containers.slice(0, 1)));
    },
    LIMIT,
  );

  it(
    'its ports change',
    async () => {
      await reaches('shop', () => fleet.api.change('shop', { starting_ports: [{ [OTHER_PORT]: 8080 }] }));
      expect(await pages(OTHER_PORT)).toEqual(each('version 2'));
      await expect(fleet.server(0).page(PORT)).rejects.toThrow();
    },
    LIMIT,
  );

  it(
    'it is stopped and started',
    async () => {
      await reaches('shop', () => fleet.api.act('shop', 'stop'));
      expect(await fleet.containers('shop')).toEqual(each([]));
      await reaches('shop', () => fleet.api.act('shop', 'start'));
      expect(await pages(OTHER_PORT)).toEqual(each('version 2'));
    },
    LIMIT,
  );

  it(
    'it is restarted',
    async () => {
      const before = await ids('shop');
      await reaches('shop', () => fleet.api.act('shop', 'restart'));
      expect(await areAllNew('shop', before)).toBe(true);
      expect(await fleet.variable('shop', 'STEP')).toEqual(each(['second']));
    },
    LIMIT,
  );

  it(
    'a new build of its image is served by a release alone',
    async () => {
      await fleet.pushEverywhere(TAGGED, '2');
      await reaches('tagged', () => fleet.api.act('tagged', 'restart'));
      expect(await pages(TAGGED_PORT)).toEqual(each('version 1'));
      await reaches('tagged', () => fleet.api.act('tagged', 'release'));
      expect(await pages(TAGGED_PORT)).toEqual(each('version 2'));
    },
    LIMIT,
  );

  it(
    'it is deleted, and made again under the same name',
    async () => {
      await reaches('shop', () => fleet.api.delete('shop'));
      expect(await fleet.containers('shop')).toEqual(each([]));
      await reaches('shop', () => fleet.api.create({ app_name: 'shop', docker_image: IMAGES[0] }));
      expect((await fleet.containers('shop')).flat()).toHaveLength(3);
    },
    LIMIT,
  );

  it(
    'a change through either api counts, and of many at once the last',
    async () => {
      await reaches('shop', async () => {
        let last: Accepted = { app_name: 'shop', revision: 0 };
        for (let step = 1; step <= 20; step += 1) {
          last = await fleet.apiNumber(step % 2).api.change('shop', { env_vars: { STEP: String(step) } });
        }
        return last;
      });
      expect(await fleet.variable('shop', 'STEP')).toEqual(each(['20']));
    },
    LIMIT,
  );
});
