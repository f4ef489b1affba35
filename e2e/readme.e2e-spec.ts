import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freshClone, removeClone, REPOSITORY } from './testing/clone.js';
import { consoleBlocks, type Exchange, loosely } from './testing/console-blocks.js';
import { EngineView } from './testing/engine-view.js';
import { eventually } from './testing/eventually.js';
import { freePort } from './testing/free-port.js';
import { NpmProcess } from './testing/npm-process.js';

const INSTALL_LIMIT = 300_000;
const LIMIT = 60_000;

/** As the README has them: the api's port, and that of the first of three replicas. */
const README_PORTS = { api: 8000, first: 8081 };

const engine = new EngineView(process.env['NEBULA_TEST_DOCKER_HOST'] ?? '');
const scope = `e2e-${randomBytes(4).toString('hex')}`;
const label = `nebula.scope=${scope}`;
const blocks = consoleBlocks(readFileSync(join(REPOSITORY, 'README.md'), 'utf8'), 'A two-minute tour');

let clone: string;
let environment: Record<string, string | undefined>;
let apiPort: number;
let firstPort = README_PORTS.first;
/** What runs in the first terminal. */
let foreground: NpmProcess | undefined;

/** With the ports of this run in the place of the README's. */
function here(text: string): string {
  const replicas = [0, 1, 2].map((n): [number, number] => [README_PORTS.first + n, firstPort + n]);
  const ports = new Map([[README_PORTS.api, apiPort], ...replicas]);
  return text.replaceAll(/\b8\d{3}\b/g, (port) => String(ports.get(Number(port)) ?? port));
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
  if (command.includes(' -X ')) await run();
  else await eventually(run, LIMIT);
}

beforeAll(async () => {
  await engine.removeLeftNetwork();
  clone = await freshClone();
  apiPort = await freePort();
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

describe('the tour in the README', () => {
  it('has blocks to play', () => {
    expect(blocks.length).toBeGreaterThan(5);
  });

  it.each(blocks.map((block) => [block.map(({ command }) => command).join(' ; '), block] as const))(
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
