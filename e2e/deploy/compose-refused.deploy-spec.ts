import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeHttpImage } from '../../tools/engine/images.mjs';
import { EngineView } from '../testing/engine-view.js';
import { makeComposeSecrets } from './testing/compose-bed.js';
import { ComposeProject } from './testing/compose-project.js';

const ENGINE = process.env['NEBULA_TEST_DOCKER_HOST'] ?? '';
const NAME = 'nebula-refused';
/** In place of all images: nothing that is refused gets as far as to start one. */
const IMAGE = 'nebula-refused:1';
/** Docker Compose may have to be built first. */
const LIMIT = 600_000;

const engine = new EngineView(ENGINE);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-refused-'));
  await makeHttpImage(ENGINE, IMAGE, { version: '1' });
}, LIMIT);

afterAll(async () => {
  await engine.docker.getImage(IMAGE).remove({ force: true });
  await rm(folder, { recursive: true, force: true });
});

/** What `up` says of a project that it can't start, none of whose containers has ever run. */
async function refused(file: string, variables: Record<string, string>): Promise<string> {
  const project = await ComposeProject.of({ name: NAME, folder, host: ENGINE, files: [file], variables });
  const { code, output } = await project.try('up', '--detach', '--no-build', '--pull', 'never');
  expect(code).not.toBe(0);
  const made = await engine.docker.listContainers({
    ...{ all: true, filters: { label: [`com.docker.compose.project=${NAME}`] } },
  });
  expect(made.filter(({ State }) => State !== 'created')).toEqual([]);
  return output.trim();
}

const GROUP = { DOCKER_GID: '1' };
const APP = { APP_NAME: 'shop' };
const BROKER = { RABBIT_HOST: 'rabbit.example' };
const NO_APP = /^[^\n]*Set APP_NAME in .env to the apps that this server runs, like shop,shop-lb$/;
const NO_GROUP =
  /^[^\n]*Set DOCKER_GID in .env to the group that may use the engine: stat -c %g \/var\/run\/docker.sock$/;

it.each<[what: string, file: string, variables: Record<string, string>, sentence: RegExp]>([
  ['no app', 'compose.yaml', GROUP, NO_APP],
  ['no group of the socket', 'compose.yaml', APP, NO_GROUP],
  ['no app', 'compose.worker.yaml', { ...GROUP, ...BROKER }, NO_APP],
  ['no group of the socket', 'compose.worker.yaml', { ...APP, ...BROKER }, NO_GROUP],
  [
    ...(['no server with RabbitMQ', 'compose.worker.yaml', { ...APP, ...GROUP }] as const),
    /^[^\n]*Set RABBIT_HOST in .env to the server with RabbitMQ, like [^\n]*$/,
  ],
])(
  '%s: %s says it in one sentence, and nothing is begun',
  async (_what, file, variables, sentence) => {
    expect(await refused(file, variables)).toMatch(sentence);
    expect(await engine.networks(`com.docker.compose.project=${NAME}`)).toEqual([]);
  },
  LIMIT,
);

/** Of a project of which only what is under test is missing on this server. */
const WHOLE = {
  ...{ ...APP, ...GROUP, ...BROKER, RABBITMQ_FILES: '4096' },
  ...{
    API_IMAGE: IMAGE,
    WORKER_IMAGE: IMAGE,
    MONGO_IMAGE: IMAGE,
    RABBITMQ_IMAGE: IMAGE,
    HAPROXY_IMAGE: IMAGE,
  },
};

/** What `up` says, of a project some of whose containers may have been made; they are removed. */
async function refusedHalfWay(file: string, variables: Record<string, string>): Promise<string> {
  const project = await ComposeProject.of({ name: NAME, folder, host: ENGINE, files: [file], variables });
  try {
    return await refused(file, variables);
  } finally {
    await project.run('down', '--volumes');
  }
}

it.each(['compose.yaml', 'compose.worker.yaml'])(
  'no socket of an engine: %s says where it was looked for, makes no folder there, and starts nothing',
  async (file) => {
    const socket = join(folder, `of-${file}`, 'docker.sock');
    const SECRETS_DIR = await makeComposeSecrets(folder);
    const said = await refusedHalfWay(file, { ...WHOLE, SECRETS_DIR, DOCKER_SOCKET: socket });
    expect(said).toMatch(new RegExp(`^[^\\n]*bind source path does not exist: ${socket}$`));
    expect(existsSync(join(folder, `of-${file}`))).toBe(false);
  },
  LIMIT,
);

it.each([
  ['compose.yaml', 'mongo_password'],
  ['compose.yaml', 'secret_keys'],
  ['compose.worker.yaml', 'rabbit_worker_password'],
])(
  'no file of a secret: %s says where that of %s was looked for, makes no folder there, and starts nothing',
  async (file, name) => {
    const SECRETS_DIR = await makeComposeSecrets(await mkdtemp(join(folder, 'secrets-')));
    await rm(join(SECRETS_DIR, name));
    const said = await refusedHalfWay(file, {
      ...{ ...WHOLE, SECRETS_DIR, DOCKER_SOCKET: new URL(ENGINE).pathname },
    });
    // Before that Compose warns, once for each service that has it.
    const [last, ...warnings] = said.split('\n').reverse();
    expect(last).toMatch(new RegExp(`bind source path does not exist: ${join(SECRETS_DIR, name)}$`));
    for (const line of warnings) expect(line).toContain(`secret file ${NAME}_${name} does not exist`);
    expect(existsSync(join(SECRETS_DIR, name))).toBe(false);
  },
  LIMIT,
);
