/**
 * Requests that fail behind a load balancer while an app is changed, against the same load while all of its replicas
 * are replaced at once; and how long the others take, against the same load while nothing is changed.
 */
import { startLoad } from '../../load/http-load.mjs';
import { allAnswer } from '../../load/balanced-app.mjs';
import { linesOfProxy, unusualLines } from '../../load/load-balancer.mjs';
import { HELLO_IMAGES } from '../../start/hello-image.mjs';
import { until } from '../running/until.mjs';
import { makeBalancedShop } from './balanced-shop.mjs';
import { linesOf } from './load-balancer-lines.mjs';
import { MOST_REPLICAS, REPLICAS } from './replicas.mjs';

/** @import { LoadResult } from '../../load/http-load.mjs' */
/** @import { Bench, PartResult } from '../running/bench.mjs' */
/** @import { BalancedShop } from './balanced-shop.mjs' */

/** @typedef {'quiet' | 'update' | 'roll' | 'up' | 'down' | 'at_once'} Phase */

/** @typedef {LoadResult & { seconds: number, told: string[] }} Measured `told` is what HAProxy says, where some failed */

/** @typedef {Record<Phase, Measured>} Round */

/** Of each phase of a round at least, so that there are more than 20,000 in the four that must not fail any. */
const REQUESTS = 5_100;

/** Before a change begins. */
const BEFORE = 400;

/** Of all that is waited for here, milliseconds. */
const LIMIT_MS = 300_000;

/**
 * @param {Bench} bench
 * @returns {Promise<PartResult>}
 */
export async function measureLoadBalancer(bench) {
  const { settings, say } = bench;
  const shop = await makeBalancedShop(bench);
  /** @type {Round[]} */
  const rounds = [];
  for (let number = 1; number <= settings.rounds; number += 1) {
    const round = await measureRound(bench, shop);
    rounds.push(round);
    const told = Object.entries(round).map(
      ([phase, { answered, failed }]) => `${phase} ${failed} of ${answered + failed}`,
    );
    say(`  round ${number}, failed: ${told.join(', ')}`);
  }
  return { lines: linesOf(rounds), details: { replicas: REPLICAS, most_replicas: MOST_REPLICAS, rounds } };
}

/**
 * Begins and ends with the first image and as few replicas as there are.
 * @param {Bench} bench
 * @param {BalancedShop} shop
 * @returns {Promise<Round>}
 */
async function measureRound(bench, shop) {
  const { app } = shop;
  /**
   * @param {() => Promise<void>} change
   * @param {{ replicas: number, version: number }} after what answers then
   * @param {number} [requests]
   */
  const during = (change, after, requests = REQUESTS) => measure(bench, shop, change, after, requests);
  /** @param {string} docker_image */
  const image = (docker_image) => app.change({ docker_image });
  /** @param {number} server */
  const replicas = (server) => app.change({ containers_per: { server } });

  const quiet = await during(async () => undefined, { replicas: REPLICAS, version: 1 });
  const update = await during(() => image(HELLO_IMAGES.second), { replicas: REPLICAS, version: 2 });
  const roll = await during(() => app.act('roll'), { replicas: REPLICAS, version: 2 });
  const up = await during(() => replicas(MOST_REPLICAS), { replicas: MOST_REPLICAS, version: 2 });
  const down = await during(() => replicas(REPLICAS), { replicas: REPLICAS, version: 2 });
  await app.change({ update: { strategy: 'all_at_once' } });
  // So few that they are over when all replicas are back: how many fail is a matter of that time.
  const at_once = await during(() => image(HELLO_IMAGES.first), { replicas: REPLICAS, version: 1 }, 0);
  await app.change({ update: { strategy: 'rolling' } });
  return { quiet, update, roll, up, down, at_once };
}

/**
 * @param {Bench} bench
 * @param {BalancedShop} shop
 * @param {() => Promise<void>} change
 * @param {{ replicas: number, version: number }} after
 * @param {number} requests at least
 * @returns {Promise<Measured>}
 */
async function measure({ docker, stopping }, { url, scope, loadBalancer }, change, after, requests) {
  const waiting = { limitMs: LIMIT_MS, everyMs: 100, stopping };
  const load = startLoad(url);
  try {
    await until('requests are answered', async () => load.answered() >= BEFORE, waiting);
    const begin = performance.now();
    await change();
    await until('all replicas answer', () => allAnswer(url, after.replicas, after.version), waiting);
    const seconds = (performance.now() - begin) / 1000;
    await until('there were enough requests', async () => load.answered() >= requests, waiting);
    const result = await load.end();
    const told = result.failed > 0 ? unusualLines(await linesOfProxy(docker, scope, loadBalancer)) : [];
    return { ...result, seconds, told };
  } finally {
    await load.end();
  }
}
