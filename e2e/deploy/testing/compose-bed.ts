import { expect } from '@jest/globals';
import { execa } from 'execa';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeServiceImages } from '../../../tools/services/compose.mjs';
import { ensureNebulaBase } from '../../../tools/services/nebula-images.mjs';
import { searchForSecrets, secret } from '../../../tools/test/known-secrets.mjs';
import { REPOSITORY } from '../../testing/clone.js';
import { EngineView, type SeenContainer } from '../../testing/engine-view.js';
import { eventually } from '../../testing/eventually.js';
import { FleetApi } from '../../testing/fleet-api.js';
import { freePort } from '../../testing/free-port.js';
import { ComposeProject, type ProjectOptions } from './compose-project.js';

export const COMPOSE_LIMIT = 300_000;

/** Name of the project with all of a fleet; that of the other one begins with it. */
export const COMPOSE_NAME = 'nebula-composed';
const FOLDER = join(REPOSITORY, 'deploy', 'compose');
const TESTING = join(REPOSITORY, 'e2e', 'deploy', 'testing');

/** How a stack is started of images that are there. */
const START = ['up', '--detach', '--no-build', '--pull', 'never'];
const WAIT = ['--wait', '--wait-timeout', '240'];

/** The two projects of deploy/compose on one engine: all of a fleet, and the worker of one more server. */
export class ComposeBed {
  private constructor(
    readonly folder: string,
    readonly engine: EngineView,
    private readonly options: ProjectOptions,
    readonly stack: ComposeProject,
    readonly alone: ComposeProject,
    /** Of the api, as clients reach it. */
    readonly url: string,
    readonly authorization: string,
  ) {}

  /** Writes the variables and the secrets, and starts nothing. */
  static async prepare(host: string): Promise<ComposeBed> {
    const folder = await mkdtemp(join(tmpdir(), 'nebula-compose-'));
    const base = await ensureNebulaBase(host);
    const services = await makeServiceImages(host);
    const socket = new URL(host).pathname;
    const broker = `127.0.0.1:${await freePort()}`;
    const listen = `127.0.0.1:${await freePort()}`;
    const secrets = await makeComposeSecrets(folder);
    const shared = {
      ...{ SECRETS_DIR: secrets, DOCKER_SOCKET: socket, WORKER_IMAGE: 'nebula-worker:composed' },
      ...{ DOCKER_GID: String(statSync(socket).gid), BASE: base, BUILD_BASE: base },
    };
    const options = {
      ...{ name: COMPOSE_NAME, folder, host },
      files: ['compose.yaml', join(TESTING, 'compose.override.yaml')],
      variables: {
        ...{ ...shared, APP_NAME: 'shop', API_LISTEN: listen, RABBITMQ_LISTEN: broker },
        ...{ API_IMAGE: 'nebula-api:composed', MONGO_IMAGE: services.mongo },
        ...{ RABBITMQ_IMAGE: services.rabbitmq, HAPROXY_IMAGE: services.haproxy },
        // As many as the engine of these tests may give.
        ...{ RATE_LIMIT_PER_MINUTE: '0', RABBITMQ_FILES: '4096' },
      },
    };
    const stack = await ComposeProject.of(options);
    const alone = await ComposeProject.of({
      ...{ name: `${COMPOSE_NAME}-alone`, folder, host },
      files: ['compose.worker.yaml', join(TESTING, 'compose-worker.override.yaml')],
      variables: {
        ...{ ...shared, APP_NAME: 'other', RABBIT_HOST: broker, WORKER_ID: 'alone', SCOPE: 'alone' },
        WORKER_LABELS: 'zone=far',
      },
    });
    const password = readFileSync(join(secrets, 'admin_password'), 'utf8');
    const authorization = `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`;
    const view = new EngineView(host);
    return new ComposeBed(folder, view, options, stack, alone, `http://${listen}`, authorization);
  }

  /** Removes both with all that they have deployed. */
  async end(): Promise<void> {
    searchForSecrets(await this.stack.run('logs', '--no-color'), 'the logs of the services');
    for (const project of [this.alone, this.stack]) await project.run('down', '--volumes', '--timeout', '5');
    const { docker } = this.engine;
    const scopes = ['default', 'alone'];
    for (const scope of scopes)
      for (const { id } of await this.engine.containers(`nebula.scope=${scope}`))
        await docker.getContainer(id).remove({ force: true, v: true });
    // The network is that of whoever made it, and all are in it.
    for (const scope of scopes)
      for (const name of await this.engine.networks(`nebula.scope=${scope}`))
        await docker.getNetwork(name).remove();
    await rm(this.folder, { recursive: true, force: true });
  }

  get api(): FleetApi {
    return new FleetApi(this.url, { authorization: this.authorization });
  }

  /** Resolves when every service with a check is healthy. */
  async start(): Promise<void> {
    await this.stack.run(...START, ...WAIT);
  }

  async startAlone(): Promise<void> {
    await this.alone.run(...START);
  }

  /**
   * Starts services that one more file, in the form of compose.yaml, adds to the stack or changes in it.
   * @returns the stack with that file
   */
  async startWith(override: string, ...services: string[]): Promise<ComposeProject> {
    const file = join(this.folder, 'compose.more.yaml');
    await writeFile(file, override);
    const project = await ComposeProject.of({ ...this.options, files: [...this.options.files, file] });
    await project.run(...START, ...services);
    return project;
  }

  /** The containers of the apis. */
  async apis(): Promise<SeenContainer[]> {
    return (await this.engine.containers('com.docker.compose.service=api')).filter(({ name }) =>
      name.startsWith(COMPOSE_NAME),
    );
  }

  async apisAreHealthy(): Promise<void> {
    await eventually(async () => {
      for (const { id } of await this.apis()) {
        const { State } = await this.engine.docker.getContainer(id).inspect();
        expect(State.Health?.Status).toBe('healthy');
      }
    }, COMPOSE_LIMIT);
  }

  /** Resolves when a worker that has been heard since a moment says that the app is there. */
  async converged(app: string): Promise<void> {
    await eventually(async () => {
      expect(await this.api.wait(app, 5)).toMatchObject({ outcome: 'converged', converged: 1 });
    }, COMPOSE_LIMIT);
  }
}

/**
 * Makes the secrets as the documents say, and makes them known to the tests.
 * @returns the folder with them
 */
export async function makeComposeSecrets(folder: string): Promise<string> {
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
