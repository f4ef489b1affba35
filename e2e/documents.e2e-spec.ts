import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { DocumentBlock } from './testing/document-block.js';
import { DocumentBlocks } from './testing/document-blocks.js';
import { DocumentPlayer } from './testing/document-player.js';
import { DocumentedMachine, MACHINE_LIMIT } from './testing/documented-machine.js';
import { eventually } from './testing/eventually.js';

/** What the pages say that one can type beside `npm start`, and with nebulactl. */

const LIMIT = 3 * MACHINE_LIMIT;

const blocks = new DocumentBlocks(import.meta.filename);
let machine: DocumentedMachine;
let player: DocumentPlayer;

beforeAll(async () => {
  machine = await DocumentedMachine.prepare(process.env['NEBULA_TEST_DOCKER_HOST'] ?? '');
  player = new DocumentPlayer(machine);
  await machine.start(false);
  await machine.api.create({ app_name: 'hello', docker_image: 'nebula-hello:1' });
}, LIMIT);

afterAll(async () => await machine?.end(), LIMIT);

const named = (each: DocumentBlock[]) =>
  each.map((block) => [`${block.heading} ${block.index}`, block] as const);
const all = (page: string, heading: string, index = 0) => blocks.take(page, heading, index).commands;

/** It needs an api that asks for no login, so it is played beside docs/api.md. */
const isAnonymous = (command: string) => command.endsWith('--anonymous');

describe('docs/api.md', () => {
  it.each(named(blocks.takePage('docs/api.md')))(
    '%s',
    async (_name, block) => {
      await (block.language === 'console' ? player.playExchanges(block.text) : player.play(block.commands));
    },
    LIMIT,
  );
});

it('docs/cli.md: login without a login', async () => {
  const anonymous = blocks.take('docs/cli.md', 'login').commandsThat(isAnonymous);
  expect(anonymous).toHaveLength(1);
  await player.play(anonymous);
});

describe('docs/access.md', () => {
  it(
    'Tokens',
    async () => {
      await machine.start(true);
      await player.playExchanges(blocks.take('docs/access.md', 'Tokens').text);
    },
    LIMIT,
  );
});

describe('docs/cli.md', () => {
  const taken = blocks.takePage('docs/cli.md');

  it('logs in', async () => {
    await player.play(all('docs/cli.md', 'Log in'));
    await player.keepContexts();
    await player.manyRevisions();
  });

  it(
    'docs/backup.md: the two ways out for an app that the database has lost',
    async () => {
      const [keep, remove] = blocks
        .take('docs/backup.md', 'When the backup is older than what runs', 1)
        .exactly(2);
      const containers = async () => await machine.engine.containers('nebula.app=ghost');
      const before = await containers();
      await player.play([keep]);
      expect(await containers()).toEqual(before);
      await player.play([remove]);
      await eventually(async () => expect(await containers()).toEqual([]), MACHINE_LIMIT);
    },
    LIMIT,
  );

  it.each(named(taken.filter(({ heading }) => heading !== 'Log in')))(
    '%s',
    async (_name, block) => {
      await player.resetContexts();
      await player.play(block.commandsThat((command) => !isAnonymous(command)));
    },
    LIMIT,
  );
});

describe('other pages', () => {
  it('docs/monitoring.md', async () => {
    await player.play(all('docs/monitoring.md', 'Scrape'));
    await player.play(all('docs/monitoring.md', 'With Docker Compose'));
    await player.play(all('docs/monitoring.md', 'Look once: nebulactl doctor'));
  });

  it(
    'apps/nebulactl/README.md',
    async () => await player.play(all('apps/nebulactl/README.md', 'nebulactl')),
    LIMIT,
  );

  it.each(['npm start -- --help', 'npm run down -- --help'])('docs/operations.md: %s', async (command) => {
    expect(await player.succeeds(blocks.inline(command))).toMatch(/^Usage: npm (start|run down) /m);
  });

  it('docs/benchmarks.md: the help', async () => {
    for (const heading of ['Run it', 'A fleet']) await player.play(all('docs/benchmarks.md', heading));
  });
});

describe('docs/continuous-deployment.md', () => {
  const page = 'docs/continuous-deployment.md';
  const names = ['Jenkins', 'GitLab', 'GitHub'];

  /** The command that deploys, in a pipeline of each kind. */
  function deploying(name: string): string {
    const { text, language } = blocks.take(page, name);
    if (language === 'groovy') return /sh '(node [^']*)'/.exec(text)?.[1] ?? '';
    const { deploy, jobs } = parse(text) as {
      deploy?: { script: string[] };
      jobs?: { deploy: { steps: { run?: string }[] } };
    };
    return deploy?.script[0] ?? jobs?.deploy.steps.flatMap(({ run = [] }) => run)[0] ?? '';
  }

  it(
    'its command deploys, with a token of its own, also in the pipelines',
    async () => {
      await player.play(all(page, 'Continuous deployment', 1));
      const environment = {
        ...{ NEBULA_URL: machine.url, NEBULA_TOKEN: machine.token },
        ...{ IMAGE: machine.here('shop:43'), BUILD_TAG: 'jenkins-shop-43' },
        ...{ CI_REGISTRY_IMAGE: machine.here('registry.example.com/shop'), CI_COMMIT_SHORT_SHA: '42' },
        ...{ CI_PIPELINE_URL: machine.url, GITHUB_SHA: '41', GITHUB_RUN_NUMBER: '41' },
      };
      const commands = [...all(page, 'Continuous deployment'), ...names.map(deploying)];
      expect(commands).toHaveLength(4);
      for (const command of commands) {
        const program = `node ${join(machine.shell.folder, 'bin', 'nebulactl')}`;
        await player.succeeds(command.replace('node nebulactl.mjs', program), environment);
      }
      const [{ reason } = {}] = (
        await machine.api.ask<{ items: { reason: string }[] }>('GET', '/apps/shop/revisions')
      ).items;
      expect(reason).toBe('build 41');
    },
    LIMIT,
  );
});

it('nothing that is for this test is left', () => expect(blocks.left).toEqual([]));
