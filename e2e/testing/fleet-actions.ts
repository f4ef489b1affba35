import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from './eventually.js';
import { CHANGE_LIMIT, Fleet, FLEET_START_LIMIT, type FleetOptions } from './fleet.js';
import type { Accepted } from './fleet-api.js';
import { IMAGES } from './fleet-server.js';
import { type Facts, factsOf } from './worker-facts.js';

const LIMIT = CHANGE_LIMIT + 30_000;
/** Each server has all ports to itself. */
const PORT = 80;
const OTHER_PORT = 81;
/** An image that is pulled from a registry, and the port of the app that has it. */
const TAGGED = 'tagged:latest';
const TAGGED_PORT = 90;
/** Apps that are made and changed by documents. */
const APPLIED = ['doc-a', 'doc-b'] as const;

let fleet: Fleet;

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

/** The most containers of an app that were away at the same time, on each server. */
async function mostAway(app: string, since: number): Promise<number[]> {
  return await Promise.all(fleet.servers.map(({ view }) => view.mostAway(`nebula.app=${app}`, since)));
}

interface Applied {
  items: { app_name: string; revision: number; result: string }[];
}

/** Applies a document of one app for each name, whose containers have that value of `STEP`. */
async function apply(names: readonly string[], step: string, query = ''): Promise<Applied['items']> {
  const env_vars = { STEP: step };
  const apps = names.map((app_name) => ({ app_name, docker_image: IMAGES[0], env_vars }));
  return (await fleet.api.ask<Applied>('POST', `/apply${query}`, { apps })).items;
}

/**
 * Tests of whatever is done to an app, on a fleet of its own.
 *
 * @param options.workerImage in what form the workers run; processes of this machine when absent
 * @param options.apps beside its own that they list, for tests behind these
 * @returns the fleet, for such tests: its workers run
 */
export function describeActions({
  workerImage,
  apps = [],
}: {
  workerImage?: () => Promise<FleetOptions['workerImage']>;
  apps?: readonly string[];
} = {}): () => Fleet {
  beforeAll(async () => {
    const image = await workerImage?.();
    fleet = await Fleet.start({
      apps: ['shop', 'steady', 'tagged', ...APPLIED, ...apps],
      ...(image ? { workerImage: image } : {}),
    });
  }, FLEET_START_LIMIT);

  afterAll(async () => {
    await fleet.end();
  }, FLEET_START_LIMIT);

  afterEach(() => {
    expect(fleet.unexpectedEnds).toEqual([]);
  });

  describe('on all servers', actions);
  return () => fleet;
}

function actions(): void {
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
      await apply(APPLIED, 'first');
      expect(await fleet.converged('shop')).toMatchObject({ epoch: 1, revision });
      for (const app of ['steady', 'tagged', ...APPLIED]) await fleet.converged(app);
      expect(await fleet.variable('shop', 'STEP')).toEqual(each(['first', 'first']));
      expect([await pages(PORT), await pages(OTHER_PORT)]).toEqual([each('version 1'), each('version 1')]);
    },
    LIMIT,
  );

  it('every worker is known by the id of its own engine, with what that says of its server', async () => {
    const engines = await Promise.all(fleet.servers.map(factsOf));
    const { items } = await fleet.api.ask<{ items: (Facts & { state: string })[] }>('GET', '/workers');
    expect(new Set(engines.map(({ worker_id }) => worker_id)).size).toBe(3);
    const byId = (one: Facts, other: Facts) => one.worker_id.localeCompare(other.worker_id);
    expect(items.sort(byId)).toMatchObject(
      engines.sort(byId).map((facts) => ({ ...facts, state: 'online' })),
    );
  });

  it('workers are found by their labels', async () => {
    const found = async (label: string) =>
      (await fleet.api.ask<{ items: Facts[] }>('GET', `/workers?label=${label}`)).items;
    for (const [index, server] of fleet.servers.entries()) {
      const { worker_id } = await factsOf(server, index);
      expect(await found(`server=${index}`)).toMatchObject([{ worker_id }]);
    }
    expect(await found('server=3')).toEqual([]);
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
    'it is rolled: all of it is made anew, and never more than one replica is away',
    async () => {
      const change = { containers_per: { server: 2 }, update: { min_ready_seconds: 1 } };
      await reaches('shop', () => fleet.api.change('shop', change));
      const before = await ids('shop');
      const since = Date.now();
      await reaches('shop', () => fleet.api.act('shop', 'roll'));
      expect(await areAllNew('shop', before)).toBe(true);
      expect(await mostAway('shop', since)).toEqual(each(1));
    },
    LIMIT,
  );

  it(
    'it is given another spec as a whole, and goes back to the one before',
    async () => {
      const { revision } = await fleet.api.ask<Accepted>('GET', '/apps/shop');
      const spec = { docker_image: IMAGES[0], env_vars: { STEP: 'whole' } };
      await reaches('shop', () => fleet.api.ask('PUT', '/apps/shop', spec));
      expect(await fleet.variable('shop', 'STEP')).toEqual(each(['whole']));
      await reaches('shop', () => fleet.api.ask('POST', '/apps/shop/rollback', { to: revision }));
      expect(await fleet.variable('shop', 'STEP')).toEqual(each(['second', 'second']));
      expect(await pages(OTHER_PORT)).toEqual(each('version 2'));
    },
    LIMIT,
  );

  it(
    'a document of apps changes what differs, and deletes what it leaves out',
    async () => {
      const [kept, left] = APPLIED;
      let deletion = 0;
      await reaches(kept, async () => {
        const items = await apply([kept], 'second', '?prune=true&prefix=doc-');
        expect(items.map(({ app_name, result }) => [app_name, result])).toEqual([
          [kept, 'changed'],
          [left, 'deleted'],
        ]);
        deletion = items[1]?.revision ?? 0;
        return { app_name: kept, revision: items[0]?.revision ?? 0 };
      });
      expect(await fleet.variable(kept, 'STEP')).toEqual(each(['second']));
      expect(await fleet.converged(left)).toMatchObject({ revision: deletion });
      expect(await fleet.containers(left)).toEqual(each([]));
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
    'a release that rolls serves it, too, and never more than one replica is away',
    async () => {
      const change = { containers_per: { server: 2 }, update: { min_ready_seconds: 1 } };
      await reaches('tagged', () => fleet.api.change('tagged', change));
      await fleet.pushEverywhere(TAGGED, '3');
      // A roll alone makes all of it anew from the build that is there: it pulls nothing.
      const before = await ids('tagged');
      await reaches('tagged', () => fleet.api.act('tagged', 'roll'));
      expect(await areAllNew('tagged', before)).toBe(true);
      expect(await pages(TAGGED_PORT)).toEqual(each('version 2'));
      const since = Date.now();
      await reaches('tagged', () => fleet.api.ask('POST', '/apps/tagged/release', { rolling: true }));
      expect(await pages(TAGGED_PORT)).toEqual(each('version 3'));
      expect(await mostAway('tagged', since)).toEqual(each(1));
    },
    LIMIT,
  );

  it(
    'an image that nothing needs any more is removed when that is asked for, and no other',
    async () => {
      const image = await fleet.pushEverywhere('spare:1', 'spare');
      // Workers remove what they have pulled.
      for (const server of fleet.servers) await server.removeImage(image);
      await reaches('shop', () => fleet.api.change('shop', { docker_image: image }));
      await reaches('shop', () => fleet.api.change('shop', { docker_image: IMAGES[1] }));
      const images = () => Promise.all(fleet.servers.map(({ view }) => view.images()));
      for (const names of await images()) expect(names).toContain(image);
      // Until the version after it is known to serve, it is what a failed update would go back to.
      await eventually(async () => {
        expect(await fleet.api.ask('GET', '/apps/shop/status')).toMatchObject({ updates: { done: 3 } });
      }, CHANGE_LIMIT);
      await fleet.untouched(['shop', 'tagged'], async () => {
        await reaches('shop', () => fleet.api.act('shop', 'prune'));
        await eventually(async () => {
          for (const names of await images()) expect(names).not.toContain(image);
        }, CHANGE_LIMIT);
      });
      for (const names of await images()) expect(names).toEqual(expect.arrayContaining([...IMAGES]));
    },
    LIMIT,
  );

  it(
    'it is asked of every app at once, which touches nothing that is needed',
    async () => {
      await fleet.untouched(['shop', 'steady', 'tagged'], async () => {
        const { items } = await fleet.api.ask<{ items: Accepted[] }>('POST', '/prune');
        expect(items.map(({ app_name }) => app_name)).toEqual([APPLIED[0], 'shop', 'steady', 'tagged']);
        for (const { app_name, revision } of items)
          expect(await fleet.converged(app_name)).toMatchObject({ revision });
      });
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
}
