import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeBlocksOf, commandsOfBlock } from '../../tools/docs/code-blocks.mjs';
import { REPOSITORY } from '../testing/clone.js';
import { DocumentBlocks } from '../testing/document-blocks.js';
import { eventually } from '../testing/eventually.js';
import { HOUR_LIMIT as LIMIT, HourBed } from './testing/hour-bed.js';

const ENGINE = process.env['NEBULA_TEST_DOCKER_HOST'] ?? '';
/** Images are built from the sources, with all that they need from the package registry. */
const BUILD_LIMIT = 1_200_000;

const PAGE = 'docs/production.md';
const HEADING = 'In an hour';
const API = 'nebula-api';
const OTHER_API = 'nebula-api-2';
const WORKER = 'nebula-worker';

const blocks = new DocumentBlocks(import.meta.filename);
const block = (index: number) => blocks.take(PAGE, HEADING, index);
let bed: HourBed;

const [setUpBroker, startApi, askApi] = block(4).exactly(3);
const [logIn, listWorkers, doctor] = block(6).exactly(3);
const [firstApp] = block(7).exactly(1);

/** A command for the first of the two servers, for the second one. */
const onOther = (command: string) =>
  command.replace(`--name ${API} `, `--name ${OTHER_API} `).replaceAll('10.0.0.11', '10.0.0.12');

beforeAll(async () => {
  bed = await HourBed.prepare(ENGINE, block(0).text);
}, BUILD_LIMIT);

afterAll(async () => await bed.end(API, OTHER_API, WORKER), LIMIT);

/** Resolves when the api that a command asks has all that it needs. */
async function isReady(ask: string): Promise<void> {
  await eventually(async () => expect(await bed.server.type(ask)).toContain('"status":"ok"'), LIMIT);
}

/** The pattern, with what the page says of it. */
async function balancerConfiguration(): Promise<string> {
  const page = await readFile(join(REPOSITORY, PAGE), 'utf8');
  const [, bind = ''] = /the frontend has `(bind [^`]*)`/.exec(page) ?? [];
  const [, header = ''] = /`(http-request set-header [^`]*)` takes their place/.exec(page) ?? [];
  const pattern = await readFile(join(REPOSITORY, 'deploy', 'compose', 'haproxy.cfg'), 'utf8');
  return pattern
    .replace(/^resolvers docker\n( .*\n)+/m, '')
    .replace('bind :8080', bind)
    .replace(/(^.*from_tls_proxy.*\n)+/m, `  ${header}\n`)
    .replace(/^ *default-server [^]*$/m, block(5).text);
}

it(
  'the images are built, the broker is set up, and two apis are ready',
  async () => {
    await bed.server.typeAll(block(1).commands);
    await bed.write('api.env', block(2).text, 0o600);
    await bed.write('setup.env', block(3).text, 0o600);
    await bed.server.type(setUpBroker);
    await bed.server.typeAll([startApi, onOther(startApi)]);
    await isReady(askApi);
    await isReady(onOther(askApi));
  },
  BUILD_LIMIT,
);

it(
  'clients reach either api through the load balancer with TLS, doctor finds nothing, and the worker runs the first app',
  async () => {
    await bed.startBalancer(await balancerConfiguration());
    // The block of the page to which the section leads, which its own test plays.
    const run = codeBlocksOf('docs/compose.md')
      .filter(({ heading }) => heading === 'The images')
      .flatMap(({ text }) => commandsOfBlock(text))
      .find((command) => command.includes(`--name ${WORKER} `));
    await bed.server.typeAll([run ?? '', logIn]);
    await eventually(async () => expect(await bed.server.type(listWorkers)).toMatch(/\bonline\b/), LIMIT);
    await bed.server.type(doctor);
    await bed.server.type(firstApp);
    expect(await bed.apps()).toMatchObject([{ name: 'shop-1', running: true }]);
    const made = /\/backups\/nebula-\S+ has 1 app/;
    expect(await bed.server.typeAll(blocks.take('docs/backup.md', 'Back up', 4).exactly(2))).toMatch(made);
    expect(await bed.server.cron(blocks.take('docs/backup.md', 'Back up', 5).text)).toMatch(made);
    const rotate = blocks.inline('docker run --rm --env-file api.env nebula-api:3.0.0 rotate-secrets');
    expect(await bed.server.type(rotate)).toContain('0 apps were changed to the key "k1"');

    await bed.server.type(`docker stop ${API}`);
    expect(await bed.server.type(listWorkers)).toMatch(/\bonline\b/);
    await bed.server.type(`docker start ${API}`);
    await isReady(askApi);
    await bed.server.type(`docker stop ${OTHER_API}`);
    await eventually(async () => expect(await bed.server.type(listWorkers)).toMatch(/\bonline\b/), LIMIT);
  },
  LIMIT,
);

it('no block of the pages is left', () => expect(blocks.left).toEqual([]));
