import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../testing/eventually.js';
import { CHANGE_LIMIT, Fleet, FLEET_START_LIMIT } from '../testing/fleet.js';
import { IMAGES } from '../testing/fleet-server.js';

const LIMIT = 2 * CHANGE_LIMIT;
const REFUSAL = 'a desired state is refused';

type Message = Record<string, unknown>;

let fleet: Fleet;
/** What the stream of the app has had, before the newest. */
let older: Message;
let newest: Message;

beforeAll(async () => {
  fleet = await Fleet.start({ apps: ['shop', 'steady'] });
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

/** Changes the number of replicas, which touches none that stays. */
async function scale(server: number): Promise<void> {
  await fleet.api.change('shop', { containers_per: { server } });
  await fleet.converged('shop');
  expect((await fleet.containers('shop')).map(({ length }) => length)).toEqual([server, server, server]);
}

/** How often each worker has refused a message. */
function refusals(): number[] {
  return fleet.servers.map(({ worker }) => worker.output.split(REFUSAL).length - 1);
}

async function firstReplicas() {
  return (await fleet.containers('shop')).map(([first]) => first);
}

/** No error is left in what the workers say. */
async function noneComplains(): Promise<void> {
  await eventually(async () => {
    const { workers } = await fleet.api.ask<{ workers: object[] }>('GET', '/apps/shop/status');
    expect(workers).toMatchObject(fleet.servers.map(() => ({ state: 'converged', last_error: null })));
  }, CHANGE_LIMIT);
}

/** Another spec at the same revision: whoever obeys it makes other containers, which can't be overlooked. */
const otherwise = ({ spec }: Message) => ({ spec: { ...(spec as object), env_vars: { OLDER: 'obeyed' } } });

const changed = (change: Message) => JSON.stringify({ ...newest, ...change });

describe('a message in a stream that nobody should have put there', () => {
  it.each<[what: string, isRefused: boolean, payload: () => string]>([
    ['garbage', true, () => '{"app_name": \u0000 garbage'],
    ['nothing', true, () => ''],
    ['a list', true, () => '[[[[]]]]'],
    ['a schema that nobody knows yet', true, () => changed({ schema: 99, min_reader: 99, revision: 1_000 })],
    ['the state of another app', true, () => changed({ app_name: 'steady', revision: 1_000 })],
    ['an older revision', false, () => JSON.stringify({ ...older, ...otherwise(older) })],
    ['the newest once more', false, () => JSON.stringify(newest)],
  ])(
    '%s: touches nothing, and the next change arrives',
    async (_what, isRefused, payload) => {
      await scale(2);
      older = await fleet.server(0).accepted('shop');
      await scale(1);
      newest = await fleet.server(0).accepted('shop');
      const refused = refusals();
      const before = await firstReplicas();
      await fleet.untouched(['steady'], async () => {
        await fleet.append('shop', payload());
        if (isRefused) {
          await eventually(async () => {
            for (const [index, count] of refusals().entries())
              expect(count).toBeGreaterThan(refused[index] ?? 0);
          }, CHANGE_LIMIT);
          await noneComplains();
        }
        // A stream is read in its order, so whoever has this has read the message before it.
        await scale(2);
        await noneComplains();
      });
      expect(await firstReplicas()).toEqual(before);
    },
    LIMIT,
  );
});
