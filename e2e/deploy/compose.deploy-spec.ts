import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeHttpImage, pushImage, removeImage } from '../../tools/engine/images.mjs';
import { REGISTRY_USERS, startRegistry, stopRegistry } from '../../tools/engine/registry.mjs';
import { makePrometheusImage } from '../../tools/services/compose.mjs';
import { freePort } from '../../tools/services/free-port.mjs';
import { addedMegabytes, ensureNebulaBase } from '../../tools/services/nebula-images.mjs';
import { secret } from '../../tools/test/known-secrets.mjs';
import { DocumentBlocks } from '../testing/document-blocks.js';
import { EngineView, type SeenContainer } from '../testing/engine-view.js';
import { eventually } from '../testing/eventually.js';
import { ChangeLoad, startReads } from './testing/stack-load.js';
import {
  COMPOSE_FILES,
  COMPOSE_LIMIT as LIMIT,
  COMPOSE_NAME,
  ComposeBed,
  converged,
} from './testing/compose-bed.js';
import { describeNewCredentials } from './testing/compose-credentials.js';
import { composeEvents, expectOrder } from './testing/compose-events.js';
import { BESIDE } from './testing/compose-names.js';
import { SingleServer } from './testing/single-server.js';

const ENGINE = process.env['NEBULA_TEST_DOCKER_HOST'] ?? '';
const IMAGE = 'nebula-composed:1';
/** Images are built from the sources, with all that they need from the package registry. */
const PREPARE_LIMIT = 1_200_000;
/** Of the base that the Dockerfiles name. */
const BASE_TAG = '24-bookworm-slim';
/** Of the images of Nebula: nobody in particular. */
const USER = 65_532;
/** Apps that no worker lists, for changes that touch no container. */
const IDLE = ['idle-1', 'idle-2', 'idle-3', 'idle-4'];

const PAGE = 'docs/compose.md';
const BACKUP = 'docs/backup.md';

const blocks = new DocumentBlocks(import.meta.filename);
const commands = (page: string, heading: string, index = 0) => blocks.take(page, heading, index).commands;
const engine = new EngineView(ENGINE);
let bed: ComposeBed;

/** How the page starts all of it. */
const [goThere, makeSecrets, makeEnv, build, up, askForWorkers] = blocks.take(PAGE, 'Start it').exactly(6);
/** A line of .env, which changes nothing for clients that come from elsewhere. */
const tlsProxy = blocks.take(PAGE, 'A proxy with TLS in front').text.trim();

beforeAll(async () => {
  bed = await ComposeBed.prepare(ENGINE, [goThere, makeSecrets, makeEnv], tlsProxy);
  await makeHttpImage(ENGINE, IMAGE, { version: '1' });
}, PREPARE_LIMIT);

afterAll(async () => await bed.end(), LIMIT);

const containers = (): Promise<SeenContainer[]> => engine.containers('nebula.app=shop');

it(
  'docker compose build makes the images, on the base that .env names',
  async () => {
    await bed.server.type(build);
    const layers = async (name: string) => (await engine.docker.getImage(name).inspect()).RootFS.Layers ?? [];
    const base = await layers(await ensureNebulaBase(ENGINE));
    for (const name of ['nebula-api:3.0.0', 'nebula-worker:3.0.0']) {
      const all = await layers(name);
      expect(all.slice(0, base.length)).toEqual(base);
      expect(all.length).toBeGreaterThan(base.length);
    }
    expect(await addedMegabytes(ENGINE, 'nebula-api:3.0.0')).toBeLessThan(11);
  },
  PREPARE_LIMIT,
);

it(
  'npm start is moved to it before its first start, with apps and their secrets, and no container is touched',
  async () => {
    const TOKEN = 'hunter2-of-npm-start';
    const single = await SingleServer.start(bed.names.sources, engine);
    try {
      const app = { app_name: 'shop', docker_image: IMAGE, containers_per: { server: 2 } };
      await single.api.create({ ...app, env_vars: { TOKEN }, secret_env_vars: ['TOKEN'] });
      await converged(single.api, 'shop');
    } finally {
      await single.end();
    }
    secret((await readFile(join(bed.names.sources, '.nebula', 'secret-keys'), 'utf8')).trim());
    const before = await containers();
    const makeFolder = blocks.take(BACKUP, 'Back up', 1).command(0);
    const move = commands(BACKUP, 'Move from SQLite to MongoDB');
    await bed.server.typeAll([`cd ${bed.names.sources}`, makeFolder, ...move]);
    await bed.converged('shop');
    expect(await containers()).toEqual(before);

    // Each value was sealed with the key of npm start.
    await bed.api.act('shop', 'restart');
    await bed.converged('shop');
    const after = await containers();
    expect(after.map(({ name, environment }) => [name, environment['TOKEN']])).toEqual(
      before.map(({ name }) => [name, TOKEN]),
    );
    expect(after.map(({ id }) => id)).not.toEqual(before.map(({ id }) => id));

    await bed.api.delete('shop');
    await eventually(async () => expect(await containers()).toEqual([]), LIMIT);
    await bed.stack.run('down', '--volumes', '--timeout', '20');
  },
  2 * LIMIT,
);

it(
  'the stack starts in order, and every service with a check is healthy',
  async () => {
    const events = await composeEvents(engine.docker, COMPOSE_NAME, async () => {
      await bed.server.type(up);
    });
    expectOrder(events);
    expect(await bed.apis()).toHaveLength(2);
    expect((await fetch(`${bed.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${bed.url}/api/v3/apps`)).status).toBe(401);
    // An api is healthy as soon as it serves, which may be before it has all that it depends on.
    await eventually(async () => expect(await bed.api.isReady()).toBe(true), LIMIT);
    const [haproxy] = await engine.containers('com.docker.compose.service=haproxy');
    const [name = '', value] = tlsProxy.split('=');
    expect(haproxy?.environment[name]).toBe(value);
    await eventually(async () => {
      expect(await bed.server.type(askForWorkers)).toContain('"state":"online"');
      const [readyz] = blocks.take(PAGE, 'Start it', 1).exactly(1);
      expect(await bed.server.type(readyz)).toMatch(/^200 /m);
      const [gateway] = blocks.take(PAGE, 'A proxy with TLS in front', 1).exactly(1);
      expect(await bed.server.type(gateway)).toMatch(/^(\d+\.){3}1\s*$/);
    }, LIMIT);
    const id = (await bed.server.type(blocks.inline("docker info --format '{{.ID}}'"))).trim();
    expect(await bed.api.ask('GET', `/workers/${id}`)).toMatchObject({ worker_id: id, state: 'online' });
  },
  LIMIT,
);

it('it runs our programs as nobody in particular, with nothing to write to but their volumes', async () => {
  for (const service of ['api', 'worker']) {
    const [first] = await engine.containers(`com.docker.compose.service=${service}`);
    const { Config, HostConfig } = await engine.docker.getContainer(first?.id ?? '').inspect();
    expect(Config.User).toMatch(new RegExp(`^${USER}:\\d+$`));
    expect(HostConfig).toMatchObject({ ReadonlyRootfs: true, CapDrop: ['ALL'] });
    expect(Config.Env.filter((line) => /PASSWORD=|MONGO_URL=|SECRET_KEYS=/.test(line))).toEqual([]);
  }
});

it(
  'it deploys an app, with a secret',
  async () => {
    await bed.api.create({
      ...{ app_name: 'shop', docker_image: IMAGE, containers_per: { server: 2 } },
      ...{ env_vars: { TOKEN: 'hunter2-in-compose' }, secret_env_vars: ['TOKEN'] },
    });
    await bed.converged('shop');
    const seen = await containers();
    expect(seen.map(({ running, environment }) => [running, environment['TOKEN']])).toEqual([
      [true, 'hunter2-in-compose'],
      [true, 'hunter2-in-compose'],
    ]);
    // As docs/from-the-original.md says of a command for what the original has left.
    await bed.server.type(blocks.inline('docker rm -f $(docker ps -aq --filter label=app_name=shop)'));
    await eventually(async () => {
      const anew = await containers();
      expect(anew.map(({ name, running }) => [name, running])).toEqual(seen.map(({ name }) => [name, true]));
      expect(anew.filter(({ id }) => seen.some((each) => each.id === id))).toEqual([]);
    }, LIMIT);
    await bed.converged('shop');
  },
  LIMIT,
);

it(
  'the images of the worker and of the command line are built, and run, as the page says',
  async () => {
    await bed.engine.docker.getImage(await ensureNebulaBase(ENGINE)).tag({ repo: 'node', tag: BASE_TAG });
    await bed.server.typeAll([
      `cd ${bed.names.sources}`,
      ...commands(PAGE, 'The images'),
      `cd ${bed.names.place}`,
    ]);
    expect(await addedMegabytes(ENGINE, 'nebulactl:3.0.0')).toBeLessThan(0.5);
    expect(await bed.server.typeAll(commands(PAGE, 'The images', 3))).toMatch(/^nebula-api:3\.0\.0 \d{9}$/m);

    const [makeToken, keepToken, list] = blocks.take(PAGE, 'The images', 1).exactly(3);
    const { token } = JSON.parse(await bed.server.type(makeToken)) as { token: string };
    bed.names.token = secret(token);
    expect(await bed.server.typeAll([keepToken, list])).toMatch(/^shop .*nebula-composed:1/m);
    expect(await bed.server.typeAll(commands(PAGE, 'The images', 2))).toMatch(/\bdatabase\b/);
    await engine.docker.getVolume('nebulactl').remove();

    expect(await bed.server.typeAll(commands(PAGE, 'The images', 4))).toMatch(/^[0-9a-f]{64}\s*$/);
    await eventually(async () => {
      const worker = { worker_id: BESIDE.id, state: 'online' };
      expect(await bed.api.ask('GET', `/workers/${BESIDE.id}`)).toMatchObject(worker);
      const [readyz] = commands('docs/troubleshooting.md', 'Ask a worker what is missing');
      expect(await bed.server.type(readyz ?? '')).toMatch(/^200 /m);
    }, LIMIT);
    await engine.docker.getContainer('nebula-worker').remove({ force: true });
    await engine.docker.getVolume('nebula-worker').remove();
    await bed.api.call('DELETE', `/workers/${BESIDE.id}`);
  },
  PREPARE_LIMIT,
);

it(
  'Prometheus finds the apis and the worker, with the override that docs/monitoring.md has',
  async () => {
    const { token } = await bed.api.ask<{ token: string }>('POST', '/tokens', {
      ...{ name: 'prometheus', rights: 'ro' },
    });
    const secrets = join(bed.names.place, 'secrets');
    await writeFile(join(secrets, 'prometheus_token'), secret(token), { mode: 0o444 });
    const listen = `127.0.0.1:${await freePort()}`;
    const { text: override } = blocks.take('docs/monitoring.md', 'With Docker Compose', 1);
    const ours = override
      .replace(/image: prom\/prometheus:.*/, `image: ${await makePrometheusImage(ENGINE)}`)
      .replace('127.0.0.1:9090', listen)
      .replace('./secrets/', `${secrets}/`);
    const watched = await bed.startWith(ours, 'prometheus', 'worker');
    const ask = async <T>(path: string) => (await (await fetch(`http://${listen}${path}`)).json()) as T;
    await eventually(async () => {
      const { data } = await ask<{ data: { result: { metric: { job: string } }[] } }>(
        '/api/v1/query?query=up%20%3D%3D%201',
      );
      const jobs = data.result.map(({ metric }) => metric.job).sort();
      expect(jobs).toEqual(['nebula-api', 'nebula-api', 'nebula-worker']);
    }, LIMIT);
    const { data } = await ask<{ data: { groups: object[] } }>('/api/v1/rules');
    expect(data.groups.length).toBeGreaterThan(0);
    await watched.run('rm', '--stop', '--force', '--volumes', 'prometheus');
    await engine.docker.getVolume(`${COMPOSE_NAME}_prometheus`).remove();
  },
  LIMIT,
);

it(
  'no request fails when an api is stopped while others read, change and follow events, nor when one is killed',
  async () => {
    for (const app_name of IDLE) await bed.api.create({ app_name, docker_image: IMAGE });
    const { token } = await bed.api.ask<{ token: string }>('POST', '/tokens', { name: 'load', rights: 'ro' });
    // Answers that go on for ever, at both apis.
    const following = new AbortController();
    for (let number = 0; number < 4; number += 1) {
      const headers = { authorization: `Bearer ${token}` };
      const { signal } = following;
      expect((await fetch(`${bed.url}/api/v3/events`, { headers, signal })).status).toBe(200);
    }
    const load = startReads(bed.url, token);
    const changes = new ChangeLoad(bed.url, bed.authorization, IDLE);
    const goesOn = async () => {
      const [read, changed] = [load.answered(), changes.changed];
      await eventually(async () => {
        expect(load.answered()).toBeGreaterThan(read + 100);
        expect(changes.changed).toBeGreaterThan(changed + 50);
      }, LIMIT);
    };
    await goesOn();
    const [victim, other] = await bed.apis();
    const stopped = engine.docker.getContainer(other?.id ?? '');
    await stopped.stop({ t: 15 });
    expect((await stopped.inspect()).State.ExitCode).toBe(0);
    await goesOn();
    expect(changes.failed).toEqual([]);
    await stopped.start();
    await bed.apisAreHealthy();
    await goesOn();

    const { State } = await engine.docker.getContainer(victim?.id ?? '').inspect();
    process.kill(State.Pid, 'SIGKILL');
    await eventually(async () => {
      const after = await engine.docker.getContainer(victim?.id ?? '').inspect();
      expect([after.RestartCount, after.State.Health?.Status]).toEqual([1, 'healthy']);
    }, LIMIT);
    await goesOn();
    following.abort();
    await changes.end();
    const { failed, failures } = await load.end();
    expect({ failed, failures, changes: changes.failed }).toEqual({ failed: 0, failures: {}, changes: [] });
    for (const app of IDLE) {
      const { env_vars } = await bed.api.ask<{ env_vars: object }>('GET', `/apps/${app}`);
      expect(env_vars).toEqual({ STEP: changes.last.get(app) });
    }
  },
  LIMIT,
);

describeNewCredentials(() => bed, blocks, IDLE);

it(
  'no app is touched when it is restarted, or removed and started again',
  async () => {
    const before = await containers();
    await bed.stack.run('restart', '--timeout', '20');
    await bed.apisAreHealthy();
    await bed.converged('shop');
    expect(await containers()).toEqual(before);

    await bed.stack.run('down', '--timeout', '20');
    expect(await containers()).toEqual(before);
    await bed.start();
    await bed.converged('shop');
    expect(await containers()).toEqual(before);
  },
  2 * LIMIT,
);

it(
  'a backup of it, by hand and by cron, brings everything back when all volumes are lost, and touches no app',
  async () => {
    const made = /\/backups\/nebula-\S+ has 5 apps/;
    // A broker that is away keeps nobody from a backup, nor does a backup start it.
    await bed.stack.run('stop', '--timeout', '20', 'rabbitmq');
    expect(await bed.server.typeAll(commands(BACKUP, 'Back up', 1))).toMatch(made);
    expect(await bed.server.cron(blocks.take(BACKUP, 'Back up', 2).text)).toMatch(made);
    const files = await readdir(bed.names.backups);
    expect(files.filter((name) => name.startsWith('nebula-'))).toHaveLength(2);
    expect(await bed.server.typeAll(commands(BACKUP, 'Restore', 1))).toContain('restored: 5 apps');

    const before = await containers();
    const [end, lose, restore, start] = blocks.take(BACKUP, 'Restore', 2).exactly(4);
    await bed.server.typeAll([end, lose]);
    const { Volumes } = await engine.docker.listVolumes({
      filters: { label: [`com.docker.compose.project=${COMPOSE_NAME}`] },
    });
    expect(Volumes ?? []).toEqual([]);
    expect(await bed.server.type(restore)).toContain('restored: 5 apps');
    await bed.server.type(start);
    await bed.converged('shop');
    expect(await containers()).toEqual(before);
    // Encrypted with the key that is among the secrets.
    const rotate = blocks.inline('docker compose run --rm --no-deps api rotate-secrets');
    expect(await bed.server.type(rotate)).toMatch(/^\d+ apps were changed to the key "/m);
    await bed.api.change('shop', { containers_per: { server: 1 } });
    await bed.converged('shop');
    expect(await containers()).toEqual(before.slice(0, 1));
  },
  2 * LIMIT,
);

/** The worker of the other server is there, with an image of this name. */
async function aloneRuns(image: string): Promise<void> {
  await eventually(async () => {
    const known = { worker_id: 'alone', state: 'online', labels: { zone: 'far' } };
    expect(await bed.api.ask('GET', '/workers/alone')).toMatchObject(known);
    const [worker] = await engine.containers('com.docker.compose.project=nebula-worker');
    const { Config, State } = await engine.docker.getContainer(worker?.id ?? '').inspect();
    expect([Config.Image, State.Running]).toEqual([image, true]);
  }, LIMIT);
}

it(
  'it takes in the worker of another server, of compose.worker.yaml, which runs what it lists',
  async () => {
    const [there, makeFolder, makeItsEnv, start] = blocks.take(PAGE, 'A worker on another server').exactly(4);
    await bed.serverAlone.typeAll([there, makeFolder]);
    const password = join('secrets', 'rabbit_worker_password');
    await copyFile(join(bed.names.place, password), join(bed.placeAlone, password));
    await bed.serverAlone.type(makeItsEnv);
    await bed.aloneWith({});
    await bed.serverAlone.type(start);
    await aloneRuns('nebula-worker:3.0.0');
    await bed.api.create({ app_name: 'other', docker_image: IMAGE });
    await bed.converged('other');
    expect(await engine.containers('nebula.scope=alone')).toMatchObject([{ name: 'other-1', running: true }]);
  },
  LIMIT,
);

it(
  'a registry has the image for other servers, and apps that only who has a password may pull',
  async () => {
    const before = await engine.containers('nebula.scope=alone');
    const folder = join(bed.folder, 'registry');
    const [user] = REGISTRY_USERS;
    const { username = '', password = '' } = user ?? {};
    const { address } = await startRegistry({ folder, port: await freePort(), users: REGISTRY_USERS });
    try {
      bed.names.registry = address;
      for (const server of [bed.server, bed.serverAlone])
        await server.type(`docker login --username ${username} --password ${password} ${address}`);
      await bed.server.typeAll(commands(PAGE, 'Build once'));
      const image = `${address}/nebula-worker:3.0.0`;
      await bed.aloneWith({ WORKER_IMAGE: image });
      await bed.serverAlone.typeAll(commands(PAGE, 'Build once', 1));
      await aloneRuns(image);
      expect(await engine.containers('nebula.scope=alone')).toEqual(before);
      await bed.server.otherServersAreHere();
      expect(await bed.server.typeAll(commands(PAGE, 'Build once', 2))).toContain(
        'Loaded image: nebula-worker:3.0.0',
      );
      // Those of the chart for Kubernetes.
      const ofChart = commands('deploy/helm/nebula/README.md', 'Install');
      await bed.server.typeAll([`cd ${bed.names.sources}`, ...ofChart, `cd ${bed.names.place}`]);
      for (const name of ['nebula-api', 'nebula-worker']) {
        const headers = {
          authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
        };
        const listed = await fetch(`http://${address}/v2/${name}/tags/list`, { headers });
        expect(await listed.json()).toEqual({ name, tags: ['3.0.0'] });
      }

      await makeHttpImage(ENGINE, `${address}/shop:1`, { version: '2' });
      await pushImage(ENGINE, `${address}/shop:1`, { username, password });
      await removeImage(ENGINE, `${address}/shop:1`);
      const secrets = join(bed.names.place, 'secrets', 'registry_password');
      await writeFile(secrets, password, { mode: 0o444 });
      await bed.server.type(`export COMPOSE_FILE=${COMPOSE_FILES}:compose.override.yaml`);
      const { text } = blocks.take(PAGE, 'Private registries of apps');
      await bed.server.type(`set -e\n${text.replace('puller', username)}`);
      await bed.api.change('shop', { docker_image: `${address}/shop:1` });
      await bed.converged('shop');
    } finally {
      await stopRegistry(folder);
    }
  },
  LIMIT,
);

it('no block of the pages is left', () => expect(blocks.left).toEqual([]));
