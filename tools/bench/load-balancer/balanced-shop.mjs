/**
 * An app with a real HAProxy in front, on the standalone program from the built packages.
 */
import { freePorts as freeServicePorts } from '../../services/free-port.mjs';
import { allAnswer, balancedApp } from '../../load/balanced-app.mjs';
import { LoadBalancer } from '../../load/load-balancer.mjs';
import { makeHaproxyImage } from '../../services/haproxy-image.mjs';
import { statusOf } from '../../start/docker-client.mjs';
import { freePorts, portsInUse } from '../../start/free-ports.mjs';
import { ensureHelloImages, HELLO_IMAGES } from '../../start/hello-image.mjs';
import { prepareStandalone } from '../idle/standalone.mjs';
import { until } from '../running/until.mjs';
import { ChangedApp } from './changed-app.mjs';
import { MOST_REPLICAS, REPLICAS } from './replicas.mjs';

/** @import { Bench } from '../running/bench.mjs' */

/** Of the replicas on the server; nobody asks them there but the engine. */
const PORTS_FROM = 20_100;

const LIMIT_MS = 120_000;

/**
 * @typedef {object} BalancedShop
 * @property {ChangedApp} app
 * @property {string} url of the load balancer
 * @property {string} scope of its containers
 * @property {string} loadBalancer name of its app
 */

/**
 * @param {Bench} bench
 * @returns {Promise<BalancedShop>} it answers
 */
export async function makeBalancedShop(bench) {
  const { docker, dockerHost, run, cleanUp, stopping, say } = bench;
  const name = `bench-${run}`;
  const volume = `${name}-lb-config`;
  const image = `nebula-haproxy:${name}`;
  say('  making the images …');
  cleanUp.add(`image ${image}`, () => unlessMissing(docker.getImage(image).remove({ force: true })));
  await makeHaproxyImage(dockerHost, image, say);
  // Those that were there already are somebody else's, and stay.
  if (await ensureHelloImages(docker)) {
    for (const made of Object.values(HELLO_IMAGES))
      cleanUp.add(`image ${made}`, () => unlessMissing(docker.getImage(made).remove({ force: true })));
  }
  cleanUp.add(`volume ${volume}`, () => unlessMissing(docker.getVolume(volume).remove({ force: true })));
  const standalone = await prepareStandalone(bench, 'load-balancer');
  await standalone.start();

  say(`  starting ${REPLICAS} replicas and a load balancer …`);
  const app = new ChangedApp(standalone.url, name, stopping);
  const hostPort = await freePorts(PORTS_FROM, MOST_REPLICAS, await portsInUse(docker));
  await app.create(balancedApp({ name, image: HELLO_IMAGES.first, replicas: REPLICAS, hostPort }));
  const [port = 0] = await freeServicePorts(1);
  const balancer = new LoadBalancer({ api: standalone.url, app: name, port, image });
  await app.apply(await balancer.document());
  cleanUp.add('what follows the app', balancer.follow());
  const url = `http://127.0.0.1:${port}/`;
  const waiting = { limitMs: LIMIT_MS, everyMs: 100, stopping };
  await until('all replicas answer', () => allAnswer(url, REPLICAS, 1), waiting);
  return { app, url, scope: standalone.scope, loadBalancer: `${name}-lb` };
}

/** @param {Promise<unknown>} removal */
async function unlessMissing(removal) {
  try {
    await removal;
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
  }
}
