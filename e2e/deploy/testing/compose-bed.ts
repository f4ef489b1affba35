import { expect } from '@jest/globals';
import { execa } from 'execa';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeServiceImages } from '../../../tools/services/compose.mjs';
import { freePort } from '../../../tools/services/free-port.mjs';
import { ensureNebulaBase } from '../../../tools/services/nebula-images.mjs';
import { searchForSecrets, secret } from '../../../tools/test/known-secrets.mjs';
import { REPOSITORY } from '../../testing/clone.js';
import { EngineView, type SeenContainer } from '../../testing/engine-view.js';
import { eventually } from '../../testing/eventually.js';
import { FleetApi } from '../../testing/fleet-api.js';
import { asNamed, BESIDE, type ComposeNames } from './compose-names.js';
import { ComposeProject, type ProjectOptions } from './compose-project.js';
import { copySources, DocumentedServer } from './documented-server.js';

export const COMPOSE_LIMIT = 300_000;

/** Name of the project with all of a fleet, as compose.yaml has it; that of the other one begins with it. */
export const COMPOSE_NAME = 'nebula';
const FOLDER = join(REPOSITORY, 'deploy', 'compose');
const TESTING = join(REPOSITORY, 'e2e', 'deploy', 'testing');
const OVERRIDE = join(TESTING, 'compose.override.yaml');
/** Of the stack, as Compose takes several. */
export const COMPOSE_FILES = `compose.yaml:${OVERRIDE}`;
const ALONE_OVERRIDE = join(TESTING, 'compose-worker.override.yaml');

/** Folder of the other server. */
const OTHER = 'other';

/** How a stack is started of images that are there. */
const START = ['up', '--detach', '--no-build', '--pull', 'never'];
const WAIT = ['--wait', '--wait-timeout', '240'];

/** The two projects of deploy/compose on one engine: all of a fleet, and the worker of one more server. */
export class ComposeBed {
  private constructor(
    readonly engine: EngineView,
    private readonly options: ProjectOptions,
    readonly stack: ComposeProject,
    /** As the pages say it, and as it is here. */
    readonly names: ComposeNames,
    /** Somebody at the server with the stack. */
    readonly server: DocumentedServer,
    /** Somebody at another one, which has the two files that a worker needs there. */
    readonly serverAlone: DocumentedServer,
    private readonly shared: Record<string, string>,
  ) {}

  /**
   * Writes the variables and the secrets as the page says, and starts nothing.
   * @param page its commands up to the first one with `docker`
   * @param line of .env that the page has beside what it is started with
   */
  static async prepare(host: string, page: readonly string[], line: string): Promise<ComposeBed> {
    const folder = await mkdtemp(join(tmpdir(), 'nebula-compose-'));
    const sources = join(folder, 'nebula');
    await copySources(sources);
    const base = await ensureNebulaBase(host);
    const services = await makeServiceImages(host);
    const socket = new URL(host).pathname;
    const names = {
      ...{ sources, place: join(sources, 'deploy', 'compose'), backups: join(folder, 'backups'), socket },
      ...{ listen: `127.0.0.1:${await freePort()}`, aloneOverride: ALONE_OVERRIDE },
      ...{ registry: '', token: '' },
    };
    const here = (command: string) => asNamed(command, names);
    const server = await DocumentedServer.at({
      ...{ home: folder, sources, host, here },
      environment: { COMPOSE_FILE: COMPOSE_FILES },
    });
    const other = join(folder, OTHER);
    const serverAlone = await DocumentedServer.at({
      home: other,
      sources: other,
      host,
      here,
      environment: {},
    });
    const placeAlone = join(other, 'deploy', 'compose');
    await mkdir(placeAlone, { recursive: true });
    for (const name of ['compose.worker.yaml', '.env.example'])
      await copyFile(join(FOLDER, name), join(placeAlone, name));
    await server.typeAll(page);
    await knowComposeSecrets(join(names.place, 'secrets'));
    const [variable = '', value = ''] = line.trim().split('=');
    const shared = { DOCKER_SOCKET: socket, DOCKER_GID: String(statSync(socket).gid) };
    const options = {
      ...{ name: COMPOSE_NAME, folder, host, place: names.place, files: ['compose.yaml', OVERRIDE] },
      variables: {
        ...{ ...shared, APP_NAME: 'shop', API_LISTEN: names.listen, BASE: base, BUILD_BASE: base },
        ...{ RABBITMQ_LISTEN: `127.0.0.1:${await freePort()}`, MONGO_IMAGE: services.mongo },
        ...{ RABBITMQ_IMAGE: services.rabbitmq, HAPROXY_IMAGE: services.haproxy },
        // As many as the engine of these tests may give.
        ...{ RATE_LIMIT_PER_MINUTE: '0', RABBITMQ_FILES: '4096', [variable]: value },
      },
    };
    const stack = await ComposeProject.of(options);
    return new ComposeBed(new EngineView(host), options, stack, names, server, serverAlone, shared);
  }

  get folder(): string {
    return this.options.folder;
  }

  /** Where the other server has what is needed for a worker. */
  get placeAlone(): string {
    return join(this.folder, OTHER, 'deploy', 'compose');
  }

  /** Of the api, as clients reach it. */
  get url(): string {
    return `http://${this.names.listen}`;
  }

  /** Of the administrator that the secrets have. */
  get authorization(): string {
    const password = readFileSync(join(this.names.place, 'secrets', 'admin_password'), 'utf8');
    return `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`;
  }

  /** Removes both with all that they have deployed. */
  async end(): Promise<void> {
    searchForSecrets(await this.stack.run('logs', '--no-color'), 'the logs of the services');
    const alone = await this.aloneWith({});
    for (const project of [alone, this.stack]) await project.run('down', '--volumes', '--timeout', '5');
    const { docker } = this.engine;
    const scopes = ['default', 'alone', BESIDE.id];
    for (const scope of scopes)
      for (const { id } of await this.engine.containers(`nebula.scope=${scope}`))
        await docker.getContainer(id).remove({ force: true, v: true });
    // The network is that of whoever made it, and all are in it.
    for (const scope of scopes)
      for (const name of await this.engine.networks(`nebula.scope=${scope}`))
        await docker.getNetwork(name).remove();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Of the broker, as the .env of the first server has it; the default where it was never set. */
  private get workerUser(): string {
    const variables = readFileSync(join(this.names.place, '.env'), 'utf8');
    return [...variables.matchAll(/^RABBIT_WORKER_USER=(.*)$/gm)].at(-1)?.[1] ?? 'nebula-worker';
  }

  get api(): FleetApi {
    return new FleetApi(this.url, { authorization: this.authorization });
  }

  /** Resolves when every service with a check is healthy. */
  async start(): Promise<void> {
    await this.stack.run(...START, ...WAIT);
  }

  /** The worker of the other server, with what is set in its .env beside what it needs. */
  async aloneWith(variables: Record<string, string>): Promise<ComposeProject> {
    const {
      host,
      variables: { RABBITMQ_LISTEN: broker = '' },
    } = this.options;
    return await ComposeProject.of({
      ...{ name: `${COMPOSE_NAME}-worker`, folder: this.folder, host, place: this.placeAlone },
      files: ['compose.worker.yaml', ALONE_OVERRIDE],
      variables: {
        ...{ ...this.shared, APP_NAME: 'other', RABBIT_HOST: broker, WORKER_ID: 'alone', SCOPE: 'alone' },
        ...{ WORKER_LABELS: 'zone=far', RABBIT_WORKER_USER: this.workerUser, ...variables },
      },
    });
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
    await converged(this.api, app);
  }
}

/** Resolves when the one worker that an api has heard since a moment says that the app is there. */
export async function converged(api: FleetApi, app: string): Promise<void> {
  await eventually(async () => {
    expect(await api.wait(app, 5)).toMatchObject({ outcome: 'converged', converged: 1 });
  }, COMPOSE_LIMIT);
}

/**
 * Makes the secrets as the documents say, and makes them known to the tests.
 * @returns the folder with them
 */
export async function makeComposeSecrets(folder: string): Promise<string> {
  const secrets = join(folder, 'secrets');
  await execa(join(FOLDER, 'make-secrets.sh'), [secrets]);
  await knowComposeSecrets(secrets);
  return secrets;
}

/** Makes what was made known to the tests, and the database one that asks for no login. */
async function knowComposeSecrets(secrets: string): Promise<void> {
  for (const name of readdirSync(secrets)) {
    const text = readFileSync(join(secrets, name), 'utf8');
    // One is a name, and the other is written anew below.
    if (name !== 'mongo_user' && name !== 'mongo_url') secret(text.replace(/^k1:/, ''));
  }
  // What takes the place of MongoDB has no login.
  await chmod(join(secrets, 'mongo_url'), 0o600);
  await writeFile(join(secrets, 'mongo_url'), 'mongodb://mongo:27017/');
  await chmod(join(secrets, 'mongo_url'), 0o444);
}
