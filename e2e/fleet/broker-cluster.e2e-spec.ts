import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { streamName } from '@nebula/contracts';
import { eventually } from '../testing/eventually.js';
import { CHANGE_LIMIT, Fleet, FLEET_START_LIMIT } from '../testing/fleet.js';
import { IMAGES } from '../testing/fleet-server.js';

const LIMIT = 4 * CHANGE_LIMIT;
const NODES = [0, 1, 2];
const ROUNDS = 3;

let fleet: Fleet;
let step = 0;

beforeAll(async () => {
  fleet = await Fleet.start({ apps: ['shop', 'steady'], brokerNodes: NODES.length });
  for (const app_name of ['shop', 'steady']) await fleet.api.create({ app_name, docker_image: IMAGES[0] });
  fleet.startWorkers();
  for (const app of ['shop', 'steady']) await fleet.converged(app);
}, FLEET_START_LIMIT);

afterAll(async () => {
  await fleet.end();
}, FLEET_START_LIMIT);

afterEach(() => {
  expect(fleet.unexpectedEnds).toEqual([]);
});

/** What a node says about the stream of an app. */
async function stream(app: string, asked: number): Promise<{ node: string; online?: string[] }> {
  const path = `/api/queues/nebula/${streamName(app)}`;
  const text = await fleet.broker.manage('GET', path, undefined, asked);
  return JSON.parse(text) as { node: string; online?: string[] };
}

/** Index of the node that leads the stream of an app. */
async function leaderOf(app: string, asked: number): Promise<number> {
  let leader = -1;
  await eventually(async () => {
    const { node } = await stream(app, asked);
    leader = NODES.findIndex((index) => fleet.broker.node(index).name === node);
    expect(fleet.broker.pid(leader)).not.toBeNull();
  }, CHANGE_LIMIT);
  return leader;
}

/** Resolves when every node has a replica of the stream of an app that keeps up. */
async function replicated(app: string): Promise<void> {
  await eventually(
    async () => expect((await stream(app, 0)).online).toHaveLength(NODES.length),
    CHANGE_LIMIT,
  );
}

/** One container with a value on each server. */
const everyone = (value: string) => fleet.servers.map(() => [value]);

/** Makes a change after the other until `until` resolves, each when all have the one before, and answers the last one. */
async function changesUntil(until: Promise<unknown>): Promise<string> {
  let isOver = false;
  const ending = until.finally(() => {
    isOver = true;
  });
  do {
    step += 1;
    await fleet.apiNumber(step % 2).api.change('shop', { env_vars: { STEP: String(step) } });
    await eventually(async () => {
      if (!isOver) expect(await fleet.variable('shop', 'STEP')).toEqual(everyone(String(step)));
    }, CHANGE_LIMIT);
  } while (!isOver);
  await ending;
  return String(step);
}

/** Resolves when every server runs a change. The queue of the reports can be on the node that is away. */
async function runs(value: string): Promise<void> {
  await eventually(async () => {
    expect(await fleet.variable('shop', 'STEP')).toEqual(everyone(value));
  }, CHANGE_LIMIT);
}

it(
  'every change arrives, though the node that leads the stream is killed again and again',
  async () => {
    await fleet.untouched(['steady'], async () => {
      let asked = 0;
      for (let round = 0; round < ROUNDS; round += 1) {
        await replicated('shop');
        const leader = await leaderOf('shop', asked);
        asked = NODES.find((node) => node !== leader) ?? 0;
        // The change is on its way while the node ends, and the next ones are made without it.
        const during = await changesUntil(fleet.broker.killNode(leader));
        await runs(during);
        await runs(await changesUntil(fleet.broker.startNode(leader)));
        await fleet.converged('shop');
      }
    });
  },
  LIMIT,
);
