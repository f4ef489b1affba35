import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../testing/eventually.js';
import { CHANGE_LIMIT, Fleet, FLEET_START_LIMIT } from '../testing/fleet.js';
import { IMAGES } from '../testing/fleet-server.js';
import type { ServiceProcess } from '../testing/service-process.js';

const LIMIT = 2 * CHANGE_LIMIT;
const APPS = ['shop', 'steady', 'leaving'];

/** Longer than what is granted beside it, so that it is seen when something is not healed by the next verification. */
const VERIFY_SECONDS = 18;

/** A broker that is rebuilt is looked at after a wait that has grown while it was away, and set up before anything else. */
const REBUILT_MS = 45_000;

/** Servers whose workers have a user of their own. No api knows their passwords. */
const WITH_OWN_USER = [0, 1];

const GARBAGE = '{"app_name": \u0000 garbage';

/** What a worker says of a message that it can't take. */
const REFUSAL = 'a desired state is refused';
/** What a worker says of an app that has no stream. */
const NO_STREAM = 'the app has no stream yet';
/** What a worker says of a broker that lacks its user. */
const NO_USER = 'refuses the login of the user nebula-worker;';
/** What an api says when it has read back what it has sent. */
const FALSE_CONFIRM = 'the feed lacks what it has confirmed';

interface Regional {
  regions: { problem: string | null }[];
}

interface SeenMessage {
  spec: { env_vars?: Record<string, string> } | null;
}

/** Ten minutes of a worker's time: it reports once a second here, and once a minute else. */
const TEN_MINUTES_MS = 10_000;

let fleet: Fleet;

beforeAll(async () => {
  fleet = await Fleet.start({
    ...{ apps: APPS, keepsBroker: true, userPerWorker: WITH_OWN_USER },
    api: { VERIFY_INTERVAL_SECONDS: String(VERIFY_SECONDS) },
  });
  for (const app_name of APPS) await fleet.api.create({ app_name, docker_image: IMAGES[0] });
  fleet.startWorkers();
  for (const app of APPS) await fleet.converged(app);
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

/** How many workers the broker takes for connected, which it notices some seconds late. */
async function connectedWorkers(): Promise<number> {
  const text = await fleet.broker.manage('GET', '/api/connections?columns=user');
  const connections = JSON.parse(text) as { user?: string }[];
  return connections.filter(({ user }) => user?.startsWith('nebula-worker')).length;
}

/** The newest message in the stream of each of some apps. */
async function newest(...apps: string[]): Promise<unknown[]> {
  const all = await Promise.all(apps.map((app) => fleet.streams.messages(app)));
  return all.map((messages): unknown => JSON.parse(messages.at(-1) ?? ''));
}

/** The value of `STEP` in each message in the stream of an app, the oldest first. */
async function steps(app: string): Promise<(string | undefined)[]> {
  const messages = (await fleet.streams.messages(app)).map((text) => JSON.parse(text) as SeenMessage);
  return messages.map(({ spec }) => spec?.env_vars?.['STEP']);
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
        await fleet.healed(() => fleet.accepted('shop', last));
        await fleet.arrives('shop', last);
        await allIsWell();
      });
    },
    LIMIT,
  );

  it(
    'has lost a stream, and has something older or garbage as the newest in others: each is healed in time',
    async () => {
      const [older] = await fleet.streams.messages('leaving');
      await fleet.api.change('leaving', { env_vars: { STEP: 'newer' } });
      await fleet.converged('leaving');
      const before = await newest(...APPS);
      await fleet.untouched(APPS, async () => {
        await fleet.deleteStream('shop');
        await fleet.streams.append('leaving', older);
        await fleet.streams.append('steady', GARBAGE);
        await fleet.healed(async () => expect(await newest(...APPS)).toEqual(before));
        for (const app of APPS) await fleet.converged(app);
      });
      await fleet.untouched(['steady'], allIsWell);
    },
    LIMIT,
  );

  it(
    'has garbage as the newest of an app, and no stream of another, when workers start with and without what they had on disk',
    async () => {
      const started = [fleet.server(0), fleet.server(1)];
      const before = await newest('steady', 'shop');
      await fleet.untouched(APPS, async () => {
        for (const { worker } of started) await worker.stop();
        await fleet.server(0).loseState();
        // The workers are to see it before it is healed.
        for (const { process } of fleet.apis) process.standStill();
        await fleet.streams.append('steady', GARBAGE);
        await fleet.deleteStream('shop');
        for (const { worker } of started) worker.start();
        await eventually(async () => {
          for (const { worker } of started) {
            expect(worker.outputSinceStart).toContain(REFUSAL);
            expect(worker.outputSinceStart).toContain(NO_STREAM);
          }
        }, CHANGE_LIMIT);
        for (const { process } of fleet.apis) process.goOn();
        await eventually(async () => expect(await newest('steady', 'shop')).toEqual(before), CHANGE_LIMIT);
        for (const app of APPS) await fleet.converged(app);
      });
      for (const server of started) expect(await server.accepted('steady')).toEqual(before[0]);
    },
    LIMIT,
  );

  it(
    'confirms what it never had: the api that has sent it finds out',
    async () => {
      const { process, api } = fleet.apiNumber(0);
      // Else this one could publish it.
      await fleet.apiNumber(1).process.stop();
      await fleet.untouched(['steady', 'leaving'], async () => {
        const before = await newest('shop');
        fleet.apiProxy.lie();
        const value = await fleet.change('shop');
        await eventually(async () => expect(process.output).toContain(FALSE_CONFIRM), CHANGE_LIMIT);
        expect(await newest('shop')).toEqual(before);
        // That app alone fails, as far as the api can know, so it stays ready and says it of the app.
        const { regions } = await api.ask<Regional>('GET', '/apps/shop/status');
        expect(regions).toMatchObject([{ problem: FALSE_CONFIRM }]);
        expect(await api.isReady()).toBe(true);
        fleet.apiProxy.heal();
        await fleet.healed(() => fleet.accepted('shop', value));
        await fleet.arrives('shop', value);
        expect(await newest('shop')).toMatchObject([{ spec: { env_vars: { STEP: value } } }]);
      });
      fleet.apiNumber(1).process.start();
      await fleet.apisReady();
    },
    LIMIT,
  );
});

describe('an api whose message is on its way when another one publishes a newer one', () => {
  it.each<[what: string, end: (api: ServiceProcess) => Promise<void>]>([
    ['has ended by then', (api) => api.kill()],
    ['stands still', async (api) => api.standStill()],
  ])(
    '%s: what is older arrives last, and the newer one is put behind it',
    async (_what, end) => {
      const { process } = fleet.apiNumber(0);
      await fleet.untouched(['steady', 'leaving'], async () => {
        // An api that has read a stream appends to it without a look at it before.
        await allIsWell();
        fleet.apiProxy.hold();
        const older = await fleet.change('shop');
        await eventually(
          async () => expect(fleet.apiProxy.held).toContain(`"STEP":"${older}"`),
          CHANGE_LIMIT,
        );
        await end(process);
        const newer = `after ${older}`;
        await fleet.apiNumber(1).api.change('shop', { env_vars: { STEP: newer } });
        await eventually(async () => expect((await steps('shop')).at(-1)).toBe(newer), CHANGE_LIMIT);
        fleet.apiProxy.heal();
        // The older one is behind the newer one, which comes again.
        await fleet.healed(async () => {
          const seen = await steps('shop');
          const since = seen.slice(seen.indexOf(newer));
          expect(since).toContain(older);
          expect(since.at(-1)).toBe(newer);
          await fleet.accepted('shop', newer);
        });
        if (process.isRunning) process.goOn();
        else process.start();
        await fleet.apisReady();
        await fleet.arrives('shop', newer);
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
        await fleet.healed(() => fleet.accepted('shop', value));
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
        await fleet.healed(() => fleet.accepted('shop', value));
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
        const from = performance.now();
        partition();
        await eventually(async () => expect(await offlineWorkers()).toBe(1), CHANGE_LIMIT);
        // The broker has given the connection up, too.
        await eventually(async () => expect(await connectedWorkers()).toBe(2), CHANGE_LIMIT);
        let last = '';
        for (let count = 0; count < 5; count += 1) last = await fleet.change('shop');
        await eventually(async () => {
          for (const index of [0, 1])
            expect(await fleet.server(index).variable('shop', 'STEP')).toEqual([last]);
        }, CHANGE_LIMIT);
        await eventually(async () => expect(performance.now() - from).toBeGreaterThan(TEN_MINUTES_MS), LIMIT);
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
    'is rebuilt from nothing, with the administrator and the users of single workers that its file of definitions has: ' +
      'all is as before, and nobody has run anything',
    async () => {
      const before = await newest(...APPS);
      await fleet.untouched(['shop', 'steady'], async () => {
        await rebuildBroker();
        await fleet.healed(async () => {
          expect(await newest(...APPS)).toEqual(before);
          expect(await connectedWorkers()).toBe(3);
        }, REBUILT_MS);
        for (const app of APPS) await fleet.converged(app);
      });
      expect(JSON.parse(await fleet.broker.manage('GET', '/api/policies/nebula'))).toMatchObject([
        { name: 'nebula-reports' },
        { name: 'nebula-streams' },
      ]);
      await fleet.untouched(['steady'], allIsWell);
      await fleet.apisReady();
    },
    LIMIT,
  );

  it(
    'is rebuilt while no api runs: a worker that has nothing on its disk waits for its user, and others for all but ' +
      'theirs, and when the apis run all are there by themselves',
    async () => {
      const before = await newest(...APPS);
      const { worker } = fleet.server(2);
      await fleet.untouched(['shop', 'steady'], async () => {
        await worker.stop();
        await fleet.server(2).loseState();
        for (const { process } of fleet.apis) await process.stop();
        // What it gets is from the new one.
        await rebuildBroker(() => worker.start());
        await eventually(async () => {
          expect(worker.outputSinceStart).toContain(NO_USER);
          expect(await connectedWorkers()).toBe(WITH_OWN_USER.length);
        }, CHANGE_LIMIT);
        for (const { process } of fleet.apis) process.start();
        await fleet.apisReady();
        for (const app of APPS) await fleet.converged(app);
      });
      expect(await newest(...APPS)).toEqual(before);
      await fleet.untouched(['steady'], allIsWell);
    },
    LIMIT,
  );
});

/**
 * Makes the broker from nothing, with what an operator keeps beside it.
 * @param meanwhile called when the old one has ended
 */
async function rebuildBroker(meanwhile: () => void = () => undefined): Promise<void> {
  const definitions = await usersOfSingleWorkers();
  await fleet.broker.stop();
  meanwhile();
  await fleet.broker.wipe();
  await fleet.broker.loadDefinitions(definitions);
  await fleet.broker.start();
}

interface Definitions {
  users: { name: string }[];
  vhosts: object[];
  permissions: { user: string }[];
}

/**
 * What an operator keeps beside the broker: who no api can make. With such a file RabbitMQ makes no administrator of its
 * own either. The virtual hosts are in it as rights name them.
 */
async function usersOfSingleWorkers(): Promise<Definitions> {
  const all = JSON.parse(await fleet.broker.manage('GET', '/api/definitions')) as Definitions;
  const isKept = (name: string) => name === fleet.broker.admin.user || name.startsWith('nebula-worker.');
  const users = all.users.filter(({ name }) => isKept(name));
  expect(users).toHaveLength(1 + WITH_OWN_USER.length);
  return { users, vhosts: all.vhosts, permissions: all.permissions.filter(({ user }) => isKept(user)) };
}

/** Changes an app through the first api, whose word doesn't reach the broker, and kills it. */
async function acceptedAndKilled(): Promise<string> {
  fleet.apiProxy.silence();
  const value = await fleet.change('shop');
  await fleet.apis[0]?.process.kill();
  // What it had sent by then is lost with its connection.
  fleet.apiProxy.cut();
  return value;
}
