import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { statSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadApiConfiguration } from '../../apps/api/src/program/configuration.js';
import { readRegions } from '../../apps/api/src/program/regions.js';
import { loadSetupConfiguration } from '../../apps/api/src/program/setup-configuration.js';
import { makeHttpImage } from '../../tools/engine/images.mjs';
import { freePort } from '../../tools/services/free-port.mjs';
import { secret } from '../../tools/test/known-secrets.mjs';
import { REPOSITORY } from '../testing/clone.js';
import { DocumentBlocks } from '../testing/document-blocks.js';
import { EngineView } from '../testing/engine-view.js';
import { makeComposeSecrets } from './testing/compose-bed.js';
import { ComposeProject } from './testing/compose-project.js';

const PAGE = 'docs/regions.md';
const NAME = 'nebula-regions';
/** In place of all images: it gets healthy. */
const IMAGE = 'nebula-regions:1';
const CHECK = 'healthcheck: { test: [CMD, test, "!", "-e", /sick], interval: 1s }';
/** The services whose images it stands for begin with programs of their own, and ask these how they are. */
const SERVING = `
services:
  haproxy: { command: [/serve] }
  mongo: { command: [/serve], ${CHECK} }
  rabbitmq: { entrypoint: [/serve], ${CHECK} }
`;
const HOST = process.env['NEBULA_TEST_DOCKER_HOST'] ?? '';
/** Docker Compose may have to be built first. */
const LIMIT = 600_000;
/** Of the region us, by the file of each. */
const PASSWORDS = {
  us_api_password: secret('c0mposed-api-us'),
  us_worker_password: secret('c0mposed-worker-us'),
  us_admin_password: secret('c0mposed-admin-us'),
};

/** What Compose makes of its files, as far as it is looked at here. */
interface Model {
  services: Record<
    string,
    { environment: Record<string, string>; secrets: { source: string; target: string }[] }
  >;
  secrets: Record<string, { file: string }>;
}

const blocks = new DocumentBlocks(import.meta.filename);
let folder: string;
let project: ComposeProject;
let model: Model;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-compose-regions-'));
  const place = join(folder, 'deploy', 'compose');
  await cp(join(REPOSITORY, 'deploy', 'compose'), place, { recursive: true });
  const secrets = await makeComposeSecrets(place);
  for (const [name, password] of Object.entries(PASSWORDS)) await writeFile(join(secrets, name), password);
  const override = 'compose.override.yaml';
  await writeFile(join(place, override), blocks.take(PAGE, 'With Docker Compose').text);
  await writeFile(join(place, 'test.yaml'), SERVING);
  const socket = new URL(HOST).pathname;
  project = await ComposeProject.of({
    ...{ name: NAME, folder, place, host: HOST, files: ['compose.yaml', override, 'test.yaml'] },
    variables: {
      ...{ APP_NAME: 'shop', DOCKER_GID: String(statSync(socket).gid), DOCKER_SOCKET: socket },
      ...{ API_LISTEN: `127.0.0.1:${await freePort()}`, HAPROXY_IMAGE: IMAGE },
      ...{
        API_IMAGE: IMAGE,
        WORKER_IMAGE: IMAGE,
        MONGO_IMAGE: IMAGE,
        RABBITMQ_IMAGE: IMAGE,
        RABBITMQ_FILES: '1024',
      },
    },
  });
  model = JSON.parse(await project.run('config', '--format', 'json')) as Model;
}, LIMIT);

afterAll(async () => await rm(folder, { recursive: true, force: true }));

/** What a program of a service is started with; a secret that the service isn't given is nowhere. */
async function started(name: string) {
  const { environment = {}, secrets = [] } = model.services[name] ?? {};
  const mounted = await mkdtemp(join(folder, `${name}-`));
  for (const { source, target } of secrets)
    await writeFile(
      join(mounted, target.replace(/^\/run\/secrets\//, '')),
      await readFile(model.secrets[source]?.file ?? ''),
    );
  const file = join(mounted, 'conf.json');
  await writeFile(file, '{}');
  const here = Object.entries(environment).map(([variable, value]): [string, string] => [
    variable,
    value.replaceAll('/run/secrets/', `${mounted}/`),
  ]);
  return { environment: Object.fromEntries(here), file };
}

const passwordOf = async (name: string) => await readFile(model.secrets[name]?.file ?? '', 'utf8');

it('the override of the page has both brokers set up, each by its administrator', async () => {
  expect(loadSetupConfiguration(await started('setup-broker'))).toMatchObject([
    {
      ...{ region: 'default', rabbit_host: ['rabbitmq'], rabbit_vhost: 'nebula', rabbit_user: 'nebula-api' },
      ...{ rabbit_management_url: 'http://rabbitmq:15672', rabbit_admin_user: 'admin' },
      rabbit_password: await passwordOf('rabbit_api_password'),
      rabbit_worker_password: await passwordOf('rabbit_worker_password'),
      rabbit_admin_password: await passwordOf('rabbit_admin_password'),
    },
    {
      ...{ region: 'us', rabbit_host: ['rabbit.us.example'], rabbit_vhost: 'nebula' },
      ...{ rabbit_user: 'nebula-api', rabbit_admin_user: 'admin' },
      rabbit_management_url: 'http://rabbit.us.example:15672',
      rabbit_password: PASSWORDS.us_api_password,
      rabbit_worker_password: PASSWORDS.us_worker_password,
      rabbit_admin_password: PASSWORDS.us_admin_password,
    },
  ]);
});

it('the apis know both brokers with it, and no administrator', async () => {
  const { regions, problems } = readRegions(loadApiConfiguration(await started('api')));
  expect(problems).toEqual([]);
  expect(regions).toMatchObject([
    {
      ...{ region: 'default', rabbit_host: ['rabbitmq'], rabbit_admin_password: '' },
      rabbit_password: await passwordOf('rabbit_api_password'),
    },
    {
      ...{ region: 'us', rabbit_host: ['rabbit.us.example'], rabbit_admin_password: '' },
      rabbit_password: PASSWORDS.us_api_password,
    },
  ]);
});

it(
  'all but the set-up start by the command of the page',
  async () => {
    await makeHttpImage(HOST, IMAGE, { version: '1', healthcheck: true });
    const [command] = blocks.take(PAGE, 'With Docker Compose', 1).exactly(1);
    const [docker, compose, up = '', ...args] = command.split(' ');
    expect([docker, compose]).toEqual(['docker', 'compose']);
    const { docker: engine } = new EngineView(HOST);
    try {
      await project.run(up, '--no-build', '--pull', 'never', ...args);
      const made = await engine.listContainers({
        ...{ all: true, filters: { label: [`com.docker.compose.project=${NAME}`] } },
      });
      const services = made.map(({ Labels, State }) => [Labels['com.docker.compose.service'], State]);
      expect(services.sort()).toEqual(
        ['api', 'api', 'haproxy', 'mongo', 'rabbitmq', 'worker'].map((service) => [service, 'running']),
      );
    } finally {
      await project.run('down', '--volumes', '--timeout', '1');
      await engine.getImage(IMAGE).remove({ force: true });
    }
  },
  LIMIT,
);

it('no block of the pages is left', () => expect(blocks.left).toEqual([]));
