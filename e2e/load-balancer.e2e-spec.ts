import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startLoad } from '../tools/load/http-load.mjs';
import { HAPROXY_CONFIG, makeHaproxyImage } from '../tools/services/haproxy-image.mjs';
import { ensureHelloImages, HELLO_IMAGES } from '../tools/start/hello-image.mjs';
import { REPOSITORY } from './testing/clone.js';
import { EngineView } from './testing/engine-view.js';
import { eventually } from './testing/eventually.js';
import { FleetApi } from './testing/fleet-api.js';
import { freePort } from './testing/free-port.js';
import { ServiceProcess } from './testing/service-process.js';

const ENGINE = process.env['NEBULA_TEST_DOCKER_HOST'] ?? '';
const SCOPE = `e2e-${randomBytes(4).toString('hex')}`;
const PROXY_IMAGE = `nebula-haproxy:${SCOPE}`;
const PREPARE_LIMIT = 300_000;
/** Of one change of four replicas, on a machine that does other things as well. */
const CHANGE_LIMIT = 120_000;
const LIMIT = 600_000;

/** Answered requests that none may fail among. */
const REQUESTS = 20_000;
const REPLICAS = 4;
/** The app is scaled up to so many, for which the load balancer has a place each. */
const MOST_REPLICAS = 6;
/** Until a replica answers. */
const START_SECONDS = 2;
/** Of the example app, inside its containers. */
const PORT = 8080;
/** Of the replicas on the server, first of so many; nobody asks them there but the engine. */
const HOST_PORT = 18_400;

/** Where the figures are left, for the documents. */
const FIGURES = join(REPOSITORY, '.test', 'results', 'load-balancer.json');

const figures: Record<string, { answered: number; failed: number }> = {};
const engine = new EngineView(ENGINE);
let folder: string;
let nebula: ServiceProcess;
let api: FleetApi;
let url: string;

/** Waits until the app is what it was changed to. */
async function converged(app: string, revision: number): Promise<void> {
  await eventually(async () => {
    const { outcome, revision: now } = await api.wait(app, 5);
    expect({ outcome, now }).toEqual({ outcome: 'converged', now: revision });
  }, CHANGE_LIMIT);
}

async function change(patch: object): Promise<void> {
  await converged('shop', (await api.change('shop', patch)).revision);
}

async function roll(): Promise<void> {
  await converged('shop', (await api.act('shop', 'roll')).revision);
}

/** Who answers behind the load balancer. */
async function answering(): Promise<Set<string>> {
  const texts = await Promise.all(Array.from({ length: 40 }, async () => (await fetch(url)).text()));
  return new Set(texts);
}

function line(replica: number, version = 1): string {
  return `Hello from shop, version ${version}, replica ${replica}\n`;
}

async function everyReplicaAnswers(replicas: number, version: number): Promise<void> {
  const all = Array.from({ length: replicas }, (_, index) => line(index + 1, version));
  await eventually(async () => expect(await answering()).toEqual(new Set(all)), CHANGE_LIMIT);
}

async function ids(): Promise<string[]> {
  return (await engine.containers(`nebula.scope=${SCOPE}`))
    .filter(({ name }) => name.startsWith('shop-'))
    .filter(({ name }) => !name.startsWith('shop-lb'))
    .map(({ id }) => id);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-e2e-lb-'));
  const port = await freePort();
  api = new FleetApi(`http://127.0.0.1:${port}`);
  nebula = new ServiceProcess({
    ...{ name: 'nebula', folder, args: [join(REPOSITORY, 'apps', 'standalone', 'dist', 'main.js')] },
    environment: { DOCKER_HOST: ENGINE, API_PORT: String(port), STATE_DIR: join(folder, 'state'), SCOPE },
  });
  await ensureHelloImages(engine.docker);
  await makeHaproxyImage(ENGINE, PROXY_IMAGE, () => undefined);
  nebula.start();
  await eventually(async () => expect(await api.isReady()).toBe(true), CHANGE_LIMIT);

  const { revision } = await api.create({
    ...{ app_name: 'shop', docker_image: HELLO_IMAGES.first, containers_per: { server: REPLICAS } },
    ...{ starting_ports: [{ [HOST_PORT]: PORT }] },
    // A program that takes its time to start, as most do.
    command: ['/bin/node', '-e', `setTimeout(() => import('/hello/server.mjs'), ${START_SECONDS} * 1000)`],
    update: { strategy: 'rolling', min_ready_seconds: 2 * START_SECONDS },
  });
  await converged('shop', revision);

  const generator = join(REPOSITORY, 'deploy', 'haproxy', 'make-config.mjs');
  const asked = [
    '--api',
    `http://127.0.0.1:${port}`,
    '--replicas',
    String(MOST_REPLICAS),
    '--check-path',
    '/',
  ];
  const args = [generator, ...asked, 'shop'];
  const { stdout } = await execa(process.execPath, args, { stripFinalNewline: false });
  const file = join(folder, 'haproxy.cfg');
  await writeFile(file, stdout);
  const proxyPort = await freePort();
  url = `http://127.0.0.1:${proxyPort}/`;
  const proxy = await api.create({
    ...{ app_name: 'shop-lb', docker_image: PROXY_IMAGE, starting_ports: [{ [proxyPort]: PORT }] },
    volumes: [`${file}:${HAPROXY_CONFIG}:ro`],
    // It finishes the requests that it has, then ends.
    stop_signal: 'SIGUSR1',
  });
  await converged('shop-lb', proxy.revision);
  await everyReplicaAnswers(REPLICAS, 1);
}, PREPARE_LIMIT);

afterAll(async () => {
  await mkdir(dirname(FIGURES), { recursive: true });
  await writeFile(FIGURES, `${JSON.stringify(figures, null, 2)}\n`);
  for (const app of ['shop', 'shop-lb']) await api.delete(app).catch(() => undefined);
  await eventually(
    async () => expect(await engine.containers(`nebula.scope=${SCOPE}`)).toEqual([]),
    CHANGE_LIMIT,
  ).finally(async () => {
    await nebula.stop();
    await engine.removeLeftNetwork();
    await engine.docker.getImage(PROXY_IMAGE).remove({ force: true });
    await rm(folder, { recursive: true, force: true });
  });
}, PREPARE_LIMIT);

describe('an HAProxy in front of four replicas', () => {
  it(
    'fails no request while the app is updated, rolled, scaled up and scaled down',
    async () => {
      const load = startLoad(url);
      const before = await ids();
      await change({ docker_image: HELLO_IMAGES.second });
      await everyReplicaAnswers(REPLICAS, 2);
      const updated = await ids();
      await roll();
      const rolled = await ids();
      await change({ containers_per: { server: MOST_REPLICAS } });
      await everyReplicaAnswers(MOST_REPLICAS, 2);
      const most = await ids();
      await change({ containers_per: { server: REPLICAS } });
      await everyReplicaAnswers(REPLICAS, 2);
      await change({ docker_image: HELLO_IMAGES.first });
      await eventually(async () => expect(load.answered()).toBeGreaterThan(REQUESTS), LIMIT);
      const { failed, failures, answered } = await load.end();
      figures['updated, rolled, scaled up and down, updated again'] = { answered, failed };

      expect({ failed, failures }).toEqual({ failed: 0, failures: {} });
      expect(answered).toBeGreaterThan(REQUESTS);
      // It was all done: nothing was left as it was.
      for (const [one, other] of [
        [before, updated],
        [updated, rolled],
      ] as const) {
        expect(other).toHaveLength(REPLICAS);
        expect(other.filter((id) => one.includes(id))).toEqual([]);
      }
      // Scaling touches no container that there was.
      expect(most.filter((id) => rolled.includes(id))).toHaveLength(REPLICAS);
    },
    LIMIT,
  );

  it(
    'fails requests when all replicas are replaced at once, which shows that the load would notice',
    async () => {
      await change({ update: { strategy: 'all_at_once' } });
      const load = startLoad(url);
      await eventually(async () => expect(load.answered()).toBeGreaterThan(200), CHANGE_LIMIT);
      const before = await ids();
      await converged('shop', (await api.act('shop', 'restart')).revision);
      // Requests that nobody answers fail only after a while.
      await everyReplicaAnswers(REPLICAS, 1);
      const { failed, answered } = await load.end();
      figures['all at once'] = { answered, failed };
      expect((await ids()).filter((id) => before.includes(id))).toEqual([]);
      expect(failed).toBeGreaterThan(0);
    },
    LIMIT,
  );
});
