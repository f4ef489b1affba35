import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { answersAt, answersOf, balancedApp } from '../tools/load/balanced-app.mjs';
import { type LoadResult, startLoad } from '../tools/load/http-load.mjs';
import { linesOfProxy as proxyLines, LoadBalancer, unusualLines } from '../tools/load/load-balancer.mjs';
import { freePort } from '../tools/services/free-port.mjs';
import { makeHaproxyImage } from '../tools/services/haproxy-image.mjs';
import { ensureHelloImages, HELLO_IMAGES } from '../tools/start/hello-image.mjs';
import { REPOSITORY } from './testing/clone.js';
import { DocumentBlocks } from './testing/document-blocks.js';
import { DocumentedLoadBalancer } from './testing/documented-load-balancer.js';
import { echoApp, heardAt } from './testing/echo-app.js';
import { EngineView } from './testing/engine-view.js';
import { eventually } from './testing/eventually.js';
import { FleetApi } from './testing/fleet-api.js';
import { ServiceProcess } from './testing/service-process.js';

const ENGINE = process.env['NEBULA_TEST_DOCKER_HOST'] ?? '';
const SCOPE = `e2e-${randomBytes(4).toString('hex')}`;
const PROXY_IMAGE = `nebula-haproxy:${SCOPE}`;
const PREPARE_LIMIT = 300_000;
/** Of one change of four replicas, on a machine that does other things as well. */
const CHANGE_LIMIT = 120_000;
const LIMIT = 600_000;

/** Requests answered while something changes, that none may fail among. */
const REQUESTS = 20_000;
const REPLICAS = 4;
const APPS = ['shop', 'shop-lb', 'shop-lb-config', 'echo', 'echo-lb', 'echo-lb-config'];
/** The app is scaled up to so many. */
const MOST_REPLICAS = 6;
/** Inside the containers of the app, after it is changed. */
const OTHER_PORT = 9090;
/** Of the replicas on the server, first of so many; nobody asks them there but the engine. */
const HOST_PORT = 18_400;

/** Where the figures are left, for the documents. */
const FIGURES = join(REPOSITORY, '.test', 'results', 'load-balancer.json');

const figures: Record<string, { answered: number; failed: number }> = {};
const blocks = new DocumentBlocks(import.meta.filename);
const engine = new EngineView(ENGINE);
let folder: string;
let nebula: ServiceProcess;
let api: FleetApi;
let url: string;
/** For an HAProxy beside Nebula, as it was when the app was made. */
let configuration: string;
let stopFollowing: (() => Promise<void>) | undefined;

/** The lines that HAProxy has written. */
async function linesOfProxy(): Promise<string[]> {
  return await proxyLines(engine.docker, SCOPE, 'shop-lb');
}

/** How often HAProxy has begun a process that serves. */
async function workersOfProxy(): Promise<number> {
  return (await linesOfProxy()).filter((text) => text.includes('New worker')).length;
}

/** What a load has found, and what HAProxy says of the requests that have failed. */
async function failuresOf({ failed, failures }: LoadResult): Promise<object> {
  if (failed === 0) return { failed, failures };
  return { failed, failures, told: unusualLines(await linesOfProxy()) };
}

/** A request whose answer has begun; it ends when `end` is called. */
function longRequest(): Promise<{ end: () => Promise<string> }> {
  return new Promise((resolve, reject) => {
    const sent = request(new URL('/long', url), { method: 'POST' }, (response) => {
      const whole = new Promise<string>((answered, broken) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.on('end', () => answered(text));
        response.on('error', broken);
      });
      const end = () => {
        sent.end('now');
        return whole;
      };
      response.once('data', () => resolve({ end }));
    });
    sent.on('error', reject);
    // The body has begun, so that the server reads it while it answers.
    sent.flushHeaders();
  });
}

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

async function everyReplicaAnswers(replicas: number, version: number): Promise<void> {
  const all = answersOf(replicas, version);
  await eventually(async () => expect(await answersAt(url)).toEqual(all), CHANGE_LIMIT);
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

  const { revision } = await api.create(
    balancedApp({ name: 'shop', image: HELLO_IMAGES.first, replicas: REPLICAS, hostPort: HOST_PORT }),
  );
  await converged('shop', revision);

  const proxyPort = await freePort();
  url = `http://127.0.0.1:${proxyPort}/`;
  const loadBalancer = new DocumentedLoadBalancer(blocks, folder, {
    ...{ api: api.root, port: proxyPort, image: PROXY_IMAGE },
  });
  await loadBalancer.apply();
  for (const made of ['shop-lb-config', 'shop-lb']) await converged(made, 1);
  configuration = await loadBalancer.configuration();
  stopFollowing = loadBalancer.follow();
  await everyReplicaAnswers(REPLICAS, 1);
}, PREPARE_LIMIT);

afterAll(async () => {
  await mkdir(dirname(FIGURES), { recursive: true });
  await writeFile(FIGURES, `${JSON.stringify(figures, null, 2)}\n`);
  await stopFollowing?.();
  for (const app of APPS) await api.delete(app).catch(() => undefined);
  await eventually(
    async () => expect(await engine.containers(`nebula.scope=${SCOPE}`)).toEqual([]),
    CHANGE_LIMIT,
  ).finally(async () => {
    await nebula.stop();
    await engine.removeLeftNetwork();
    await engine.docker.getImage(PROXY_IMAGE).remove({ force: true });
    for (const volume of ['shop-lb-config', 'echo-lb-config'])
      await engine.docker.getVolume(volume).remove({ force: true });
    await rm(folder, { recursive: true, force: true });
  });
}, PREPARE_LIMIT);

describe('an HAProxy in front of four replicas', () => {
  it('has the replicas in the configuration for an HAProxy that runs in another way, too', () => {
    const servers = configuration.split('\n').filter((line) => /^\s*server\b.* shop-\d+:8080\b/.test(line));
    expect(servers).toHaveLength(REPLICAS);
  });

  it(
    'fails no request while the app is updated, rolled, scaled up and scaled down',
    async () => {
      const load = startLoad(url);
      // Of an app that nobody changes none would fail anyway.
      let whileChanged = 0;
      const during = async (work: () => Promise<void>, replicas: number, version: number): Promise<void> => {
        const answered = load.answered();
        await work();
        await everyReplicaAnswers(replicas, version);
        whileChanged += load.answered() - answered;
      };
      const before = await ids();
      await during(() => change({ docker_image: HELLO_IMAGES.second }), REPLICAS, 2);
      const updated = await ids();
      await during(roll, REPLICAS, 2);
      const rolled = await ids();
      await during(() => change({ containers_per: { server: MOST_REPLICAS } }), MOST_REPLICAS, 2);
      const most = await ids();
      await during(() => change({ containers_per: { server: REPLICAS } }), REPLICAS, 2);
      await during(() => change({ docker_image: HELLO_IMAGES.first }), REPLICAS, 1);
      // The faster the machine is, the fewer requests are there in a change.
      while (whileChanged <= REQUESTS) await during(roll, REPLICAS, 1);
      const result = await load.end();
      figures['updated, rolled, scaled up and down, updated again'] = {
        answered: whileChanged,
        failed: result.failed,
      };

      expect(await failuresOf(result)).toEqual({ failed: 0, failures: {} });
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
    'reloads without a failed request when the app is scaled and its port changes, and lets long answers end',
    async () => {
      const [proxy] = (await engine.containers(`nebula.scope=${SCOPE}`)).filter(
        ({ name }) => name === 'shop-lb-1',
      );
      const load = startLoad(url);
      const before = await workersOfProxy();
      const long = await longRequest();
      await change({ containers_per: { server: MOST_REPLICAS } });
      await everyReplicaAnswers(MOST_REPLICAS, 1);
      expect(await workersOfProxy()).toBeGreaterThan(before);
      expect(await long.end()).toBe('begun ended');

      await change({ env_vars: { PORT: String(OTHER_PORT) }, starting_ports: [{ [HOST_PORT]: OTHER_PORT }] });
      await everyReplicaAnswers(MOST_REPLICAS, 1);
      await change({ containers_per: { server: REPLICAS } });
      await everyReplicaAnswers(REPLICAS, 1);
      const reached = load.answered();
      await eventually(async () => expect(load.answered()).toBeGreaterThan(reached + 1_000), LIMIT);
      const result = await load.end();
      const { answered, failed } = result;
      figures['scaled, port changed, scaled, by reloads'] = { answered, failed };
      expect(await failuresOf(result)).toEqual({ failed: 0, failures: {} });
      // In the container in which it has run all the time.
      const after = await engine.containers(`nebula.scope=${SCOPE}`);
      expect(after.find(({ name }) => name === 'shop-lb-1')).toEqual(proxy);
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

it(
  'passes connections on as they are to an app that speaks something else than HTTP',
  async () => {
    await api.create(echoApp({ name: 'echo', image: HELLO_IMAGES.first, hostPort: await freePort() }));
    const port = await freePort();
    const wish = { api: api.root, app: 'echo', port, image: PROXY_IMAGE };
    await api.ask('POST', '/apply', await new LoadBalancer({ ...wish, isTcp: true }).document());
    for (const made of ['echo', 'echo-lb-config', 'echo-lb']) await converged(made, 1);
    await eventually(
      async () => expect(await heardAt(port, '\x16\x03\x01', 9)).toBe('ready \x16\x03\x01'),
      CHANGE_LIMIT,
    );
  },
  LIMIT,
);

it('no block of the page is left', () => expect(blocks.left).toEqual([]));
