import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeHttpImage } from '../../tools/engine/images.mjs';
import { startLoad } from '../../tools/load/http-load.mjs';
import { makeServiceImages } from '../../tools/services/compose.mjs';
import { buildNebulaImage } from '../../tools/services/nebula-images.mjs';
import { searchForSecrets, secret } from '../../tools/test/known-secrets.mjs';
import { REPOSITORY } from '../testing/clone.js';
import { EngineView, type SeenContainer } from '../testing/engine-view.js';
import { eventually } from '../testing/eventually.js';
import { FleetApi } from '../testing/fleet-api.js';
import { freePort } from '../testing/free-port.js';
import { ComposeProject } from './testing/compose-project.js';

const ENGINE = process.env['NEBULA_TEST_DOCKER_HOST'] ?? '';
const IMAGE = 'nebula-composed:1';
const NAME = 'nebula-composed';
/** Images are built from the sources, with all that they need from the package registry. */
const PREPARE_LIMIT = 1_200_000;
const LIMIT = 300_000;
const FOLDER = join(REPOSITORY, 'deploy', 'compose');
const TESTING = join(REPOSITORY, 'e2e', 'deploy', 'testing');

const engine = new EngineView(ENGINE);
let folder: string;
let stack: ComposeProject;
let alone: ComposeProject;
let url: string;
let api: FleetApi;
let authorization: string;

/** Makes the secrets as the documents say, and makes them known to the tests. */
async function makeSecrets(): Promise<string> {
  const secrets = join(folder, 'secrets');
  await execa(join(FOLDER, 'make-secrets.sh'), [secrets]);
  for (const name of readdirSync(secrets)) {
    const text = readFileSync(join(secrets, name), 'utf8');
    if (name !== 'mongo_url') secret(text.replace(/^k1:/, ''));
  }
  // What takes the place of MongoDB has no login.
  await chmod(join(secrets, 'mongo_url'), 0o600);
  await writeFile(join(secrets, 'mongo_url'), 'mongodb://mongo:27017/');
  await chmod(join(secrets, 'mongo_url'), 0o444);
  return secrets;
}

const containers = (): Promise<SeenContainer[]> => engine.containers('nebula.app=shop');

/** Resolves when a worker that has been heard since a moment says that the app is there. */
async function converged(workers: number): Promise<void> {
  await eventually(async () => {
    expect(await api.wait('shop', 5)).toMatchObject({ outcome: 'converged', converged: workers });
  }, LIMIT);
}

async function apis(): Promise<SeenContainer[]> {
  return (await engine.containers('com.docker.compose.service=api')).filter(({ name }) =>
    name.startsWith(NAME),
  );
}

async function areHealthy(): Promise<void> {
  await eventually(async () => {
    for (const { id } of await apis()) {
      const { State } = await engine.docker.getContainer(id).inspect();
      expect(State.Health?.Status).toBe('healthy');
    }
  }, LIMIT);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-compose-'));
  const [apiImage, workerImage] = [
    await buildNebulaImage(ENGINE, 'api'),
    await buildNebulaImage(ENGINE, 'worker'),
  ];
  const services = await makeServiceImages(ENGINE);
  await makeHttpImage(ENGINE, IMAGE, { version: '1' });
  const socket = new URL(ENGINE).pathname;
  const broker = `127.0.0.1:${await freePort()}`;
  const listen = `127.0.0.1:${await freePort()}`;
  const shared = {
    ...{ SECRETS_DIR: await makeSecrets(), DOCKER_SOCKET: socket, WORKER_IMAGE: workerImage },
    DOCKER_GID: String(statSync(socket).gid),
  };
  stack = await ComposeProject.of({
    ...{ name: NAME, folder, host: ENGINE },
    files: ['compose.yaml', join(TESTING, 'compose.override.yaml')],
    variables: {
      ...{ ...shared, APP_NAME: 'shop', API_LISTEN: listen, RABBITMQ_LISTEN: broker, API_IMAGE: apiImage },
      ...{ MONGO_IMAGE: services.mongo, RABBITMQ_IMAGE: services.rabbitmq, HAPROXY_IMAGE: services.haproxy },
      // As many as the engine of these tests may give.
      ...{ RATE_LIMIT_PER_MINUTE: '0', RABBITMQ_FILES: '4096' },
    },
  });
  alone = await ComposeProject.of({
    ...{ name: `${NAME}-alone`, folder, host: ENGINE },
    files: ['compose.worker.yaml', join(TESTING, 'compose-worker.override.yaml')],
    variables: {
      ...{ ...shared, APP_NAME: 'other', RABBIT_HOST: broker, WORKER_ID: 'alone', SCOPE: 'alone' },
      WORKER_LABELS: 'zone=far',
    },
  });
  url = `http://${listen}`;
  const password = readFileSync(join(folder, 'secrets', 'admin_password'), 'utf8');
  authorization = `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`;
  api = new FleetApi(url, { authorization });
}, PREPARE_LIMIT);

afterAll(async () => {
  searchForSecrets(await stack.run('logs', '--no-color'), 'the logs of the services');
  for (const project of [alone, stack]) await project.run('down', '--volumes', '--timeout', '5');
  for (const scope of ['default', 'alone'])
    for (const { id } of await engine.containers(`nebula.scope=${scope}`))
      await engine.docker.getContainer(id).remove({ force: true, v: true });
  for (const name of await engine.networks('nebula.scope=default'))
    await engine.docker.getNetwork(name).remove();
  await rm(folder, { recursive: true, force: true });
}, LIMIT);

describe('the stack of compose.yaml', () => {
  it(
    'starts in order, and every service with a check is healthy',
    async () => {
      await stack.run('up', '--detach', '--no-build', '--pull', 'never', '--wait', '--wait-timeout', '240');
      expect(await apis()).toHaveLength(2);
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
      expect((await fetch(`${url}/api/v3/apps`)).status).toBe(401);
      expect(await api.isReady()).toBe(true);
    },
    LIMIT,
  );

  it('runs our programs as nobody in particular, with nothing to write to but their volumes', async () => {
    for (const service of ['api', 'worker']) {
      const [first] = await engine.containers(`com.docker.compose.service=${service}`);
      const { Config, HostConfig } = await engine.docker.getContainer(first?.id ?? '').inspect();
      expect(Config.User).toMatch(/^65532:\d+$/);
      expect(HostConfig).toMatchObject({ ReadonlyRootfs: true, CapDrop: ['ALL'] });
      expect(Config.Env.filter((line) => /PASSWORD=|MONGO_URL=|SECRET_KEYS=/.test(line))).toEqual([]);
    }
  });

  it(
    'deploys an app, with a secret',
    async () => {
      await api.create({
        ...{ app_name: 'shop', docker_image: IMAGE, containers_per: { server: 2 } },
        ...{ env_vars: { TOKEN: 'hunter2-in-compose' }, secret_env_vars: ['TOKEN'] },
      });
      await converged(1);
      const seen = await containers();
      expect(seen.map(({ running, environment }) => [running, environment['TOKEN']])).toEqual([
        [true, 'hunter2-in-compose'],
        [true, 'hunter2-in-compose'],
      ]);
    },
    LIMIT,
  );

  it(
    'fails no request when an api is killed, which comes back by itself',
    async () => {
      const { token } = await api.ask<{ token: string }>('POST', '/tokens', { name: 'load', rights: 'ro' });
      const load = startLoad(`${url}/api/v3/apps/shop`, {
        rate: 100,
        headers: { authorization: `Bearer ${token}` },
      });
      await eventually(async () => expect(load.answered()).toBeGreaterThan(200), LIMIT);
      const [victim] = await apis();
      const { State } = await engine.docker.getContainer(victim?.id ?? '').inspect();
      process.kill(State.Pid, 'SIGKILL');
      await eventually(async () => {
        const after = await engine.docker.getContainer(victim?.id ?? '').inspect();
        expect([after.RestartCount, after.State.Health?.Status]).toEqual([1, 'healthy']);
      }, LIMIT);
      const so_far = load.answered();
      await eventually(async () => expect(load.answered()).toBeGreaterThan(so_far + 200), LIMIT);
      const { failed, failures, answered } = await load.end();
      expect({ failed, failures }).toEqual({ failed: 0, failures: {} });
      expect(answered).toBeGreaterThan(400);
    },
    LIMIT,
  );

  it(
    'touches no app when it is restarted, or removed and started again',
    async () => {
      const before = await containers();
      await stack.run('restart', '--timeout', '20');
      await areHealthy();
      await converged(1);
      expect(await containers()).toEqual(before);

      await stack.run('down', '--timeout', '20');
      expect(await containers()).toEqual(before);
      await stack.run('up', '--detach', '--no-build', '--pull', 'never', '--wait', '--wait-timeout', '240');
      await converged(1);
      expect(await containers()).toEqual(before);
    },
    2 * LIMIT,
  );

  it(
    'takes in the worker of another server, of compose.worker.yaml',
    async () => {
      await alone.run('up', '--detach', '--no-build', '--pull', 'never');
      await eventually(async () => {
        const { items } = await api.ask<{ items: { worker_id: string; state: string }[] }>('GET', '/workers');
        expect(items).toContainEqual(
          expect.objectContaining({ worker_id: 'alone', state: 'online', labels: { zone: 'far' } }),
        );
      }, LIMIT);
    },
    LIMIT,
  );
});

describe('what is missing is said in one sentence, and nothing is begun', () => {
  async function refused(files: string[], variables: Record<string, string>): Promise<string> {
    const project = await ComposeProject.of({ name: `${NAME}-none`, folder, host: ENGINE, files, variables });
    const { code, output } = await project.try('up', '--detach', '--no-build', '--pull', 'never');
    expect(code).not.toBe(0);
    expect(await engine.containers(`com.docker.compose.project=${NAME}-none`)).toEqual([]);
    return output.trim();
  }

  it('no app', async () => {
    expect(await refused(['compose.yaml'], { DOCKER_GID: '1' })).toMatch(
      /^[^\n]*APP_NAME[^\n]*Set APP_NAME in .env to the apps that this server runs, like shop,shop-lb$/,
    );
  });

  it('no group of the socket', async () => {
    expect(await refused(['compose.yaml'], { APP_NAME: 'shop' })).toMatch(
      /^[^\n]*Set DOCKER_GID in .env to the group that may use the engine: stat -c %g \/var\/run\/docker.sock$/,
    );
  });

  it('no server with RabbitMQ', async () => {
    expect(await refused(['compose.worker.yaml'], { APP_NAME: 'shop', DOCKER_GID: '1' })).toMatch(
      /^[^\n]*Set RABBIT_HOST in .env to the server with RabbitMQ, like [^\n]*$/,
    );
  });
});
