import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { randomBytes } from 'node:crypto';
import { freePort } from '../tools/services/free-port.mjs';
import { freePorts, portsInUse } from '../tools/start/free-ports.mjs';
import { freshClone, removeClone } from './testing/clone.js';
import { type Exchange, exchangesOf, loosely } from './testing/console-blocks.js';
import { DocumentBlocks } from './testing/document-blocks.js';
import { EngineView } from './testing/engine-view.js';
import { eventually } from './testing/eventually.js';
import { NpmProcess } from './testing/npm-process.js';

const INSTALL_LIMIT = 300_000;
const LIMIT = 60_000;

/** As the documents have them: the api's port, those of the first of three replicas, and of the first of two of another app. */
const README_PORTS = { api: 8000, first: 8081, own: 9081 };

const engine = new EngineView(process.env['NEBULA_TEST_DOCKER_HOST'] ?? '');
const scope = `e2e-${randomBytes(4).toString('hex')}`;
const label = `nebula.scope=${scope}`;
const blocks = new DocumentBlocks(import.meta.filename);
const consoleBlocks = (page: string) =>
  blocks
    .takePage(page)
    .filter(({ language }) => language === 'console')
    .map(({ text }) => exchangesOf(text));

/** What is played in turn, each of which begins with nothing and leaves nothing. */
const TOURS = [
  ['the tour in the README', consoleBlocks('README.md')],
  ['docs/getting-started.md', consoleBlocks('docs/getting-started.md')],
] as const;

let clone: string;
let environment: Record<string, string | undefined>;
let apiPort: number;
let firstPort = README_PORTS.first;
let ownPort: number;
/** What runs in the first terminal. */
let foreground: NpmProcess | undefined;

/** With the ports of this run in the place of the README's. */
function here(text: string): string {
  const replicas = [0, 1, 2].map((n): [number, number] => [README_PORTS.first + n, firstPort + n]);
  const own = [0, 1].map((n): [number, number] => [README_PORTS.own + n, ownPort + n]);
  const ports = new Map([[README_PORTS.api, apiPort], ...replicas, ...own]);
  return text.replaceAll(/\b[89]\d{3}\b/g, (port) => String(ports.get(Number(port)) ?? port));
}

/** An output without the log, which the README leaves out. */
function withoutLog(output: string): string {
  return output
    .split('\n')
    .filter((line) => !line.startsWith('{"level":'))
    .join('\n')
    .trim();
}

async function play({ command, expected }: Exchange): Promise<void> {
  if (command === 'npm start') {
    foreground = new NpmProcess(clone, ['start'], environment);
    await foreground.printed(/removes them\./, INSTALL_LIMIT);
    firstPort = Number((await foreground.printed(/hello-1\s+http:\/\/127\.0\.0\.1:(\d+)/, 1000))[1]);
    expect(withoutLog(foreground.output)).toMatch(loosely(here(expected)));
  } else if (command === '^C') {
    // A reader takes longer than what the command before it has begun.
    await eventually(async () => {
      const status = await fetch(`http://127.0.0.1:${apiPort}/api/v3/apps/hello/status`);
      expect(await status.json()).toMatchObject({ workers: [{ state: 'converged' }] });
    }, LIMIT);
    const before = foreground?.output.length ?? 0;
    foreground?.signalGroup('SIGINT');
    expect(await foreground?.ended()).toBe(0);
    expect(withoutLog(foreground?.output.slice(before) ?? '')).toMatch(loosely(here(expected)));
  } else if (command.startsWith('npm ')) {
    const npm = new NpmProcess(clone, command.split(' ').slice(1), environment);
    expect(await npm.ended()).toBe(0);
    expect(withoutLog(npm.output)).toMatch(loosely(here(expected)));
  } else {
    await playInShell(here(command), loosely(here(expected)));
  }
}

async function playInShell(command: string, expected: RegExp): Promise<void> {
  const run = async () => {
    const { stdout } = await execa('sh', ['-c', command]);
    expect(stdout).toMatch(expected);
  };
  // What changes something is done once; what looks may have to look again until the change has happened.
  if (/ -X | -d /.test(command)) await run();
  else await eventually(run, LIMIT);
}

beforeAll(async () => {
  await engine.removeLeftNetwork();
  clone = await freshClone();
  apiPort = await freePort();
  ownPort = await freePorts(README_PORTS.own, 2, await portsInUse(engine.docker));
  environment = {
    ...process.env,
    DOCKER_HOST: engine.host,
    API_PORT: String(apiPort),
    SCOPE: scope,
    NODE_OPTIONS: undefined,
  };
}, LIMIT);

afterAll(async () => {
  foreground?.signalGroup('SIGKILL');
  const listed = await engine.docker.listContainers({ all: true, filters: { label: [label] } });
  for (const { Id } of listed) await engine.docker.getContainer(Id).remove({ force: true, v: true });
  for (const name of await engine.networks(label)) await engine.docker.getNetwork(name).remove();
  await removeClone(clone);
}, LIMIT);

it('each begins with the command that the README names first, and no block is left', () => {
  const [start] = blocks.take('README.md', 'Two commands').exactly(1);
  expect(TOURS.map(([, played]) => played[0]?.[0]?.command)).toEqual([start, start]);
  expect(blocks.left).toEqual([]);
});

describe.each(TOURS)('%s', (_name, played) => {
  it('has blocks to play', () => {
    expect(played.length).toBeGreaterThan(5);
  });

  it.each(played.map((block) => [block.map(({ command }) => command).join(' ; '), block] as const))(
    '%s',
    async (_commands, block) => {
      for (const exchange of block) await play(exchange);
    },
    INSTALL_LIMIT + 5 * LIMIT,
  );

  it('leaves nothing behind', async () => {
    expect(await engine.containers(label)).toEqual([]);
    expect(await engine.networks(label)).toEqual([]);
  });
});
