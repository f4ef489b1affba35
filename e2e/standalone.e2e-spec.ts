import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../tools/services/free-port.mjs';
import { freshClone, removeClone } from './testing/clone.js';
import { DocumentBlocks } from './testing/document-blocks.js';
import { EngineView } from './testing/engine-view.js';
import { eventually } from './testing/eventually.js';
import { NpmProcess } from './testing/npm-process.js';

const ENGINE = process.env['NEBULA_TEST_DOCKER_HOST'] ?? '';
const SCOPE = `e2e-${randomBytes(4).toString('hex')}`;
const LABEL = `nebula.scope=${SCOPE}`;
const FOREIGN_LABEL = 'nebula.scope=somebody-else';
const INSTALL_LIMIT = 300_000;
const START_LIMIT = 60_000;
const CHANGE_LIMIT = 60_000;

const blocks = new DocumentBlocks(import.meta.filename);
const engine = new EngineView(ENGINE);
const started: NpmProcess[] = [];
let clone: string;
let environment: Record<string, string | undefined>;
let apiPort: number;
let current: NpmProcess;
/** Host port of the first replica. */
let firstPort: number;
let commands: string[];
let foreignId: string;

function npm(...args: string[]): NpmProcess {
  const process = new NpmProcess(clone, args, environment);
  started.push(process);
  return process;
}

async function start(): Promise<void> {
  current = npm('start');
  await current.printed(/Nebula is running/, START_LIMIT);
}

/** What the first `replicas` replicas answer. */
async function answers(replicas: number): Promise<string[]> {
  const ports = Array.from({ length: replicas }, (_, n) => firstPort + n);
  return Promise.all(
    ports.map(async (port) =>
      (await fetch(`http://127.0.0.1:${port}`, { signal: AbortSignal.timeout(2000) })).text(),
    ),
  );
}

async function answersBecome(expected: string[]): Promise<void> {
  await eventually(async () => expect(await answers(expected.length)).toEqual(expected), CHANGE_LIMIT);
}

/** Runs one of the printed commands as it stands, in a shell. */
async function tryCommand(index: number): Promise<void> {
  const { stdout } = await execa('sh', ['-c', commands[index] ?? 'false']);
  expect(JSON.parse(stdout)).toMatchObject({ app_name: 'hello' });
}

/**
 * A command of docs/operations.md, in the folder of the project, with another one in the place of /backups.
 * @returns what it prints
 */
async function command(text: string): Promise<string> {
  const here = text.replace('/backups', join(clone, 'backups'));
  const process = new NpmProcess(clone, ['-c', here], environment, 'sh');
  started.push(process);
  expect({ code: await process.ended(), output: process.output }).toMatchObject({ code: 0 });
  return process.output;
}

beforeAll(async () => {
  clone = await freshClone();
  apiPort = await freePort();
  environment = {
    ...process.env,
    DOCKER_HOST: ENGINE,
    API_PORT: String(apiPort),
    SCOPE,
    NODE_OPTIONS: undefined,
  };
}, 60_000);

afterAll(async () => {
  for (const process of started) process.signalGroup('SIGKILL');
  const listed = await engine.docker.listContainers({ all: true, filters: { label: [LABEL] } });
  for (const { Id } of listed) await engine.docker.getContainer(Id).remove({ force: true, v: true });
  if (foreignId) await engine.docker.getContainer(foreignId).remove({ force: true });
  for (const name of await engine.networks(LABEL)) await engine.docker.getNetwork(name).remove();
  await removeClone(clone);
}, 60_000);

describe('one machine, from a fresh clone', () => {
  it(
    'npm start installs, builds, and brings up the example app',
    async () => {
      current = npm('start');
      await current.printed(/Four things to try:[\s\S]*removes them\./, INSTALL_LIMIT);
      firstPort = Number((await current.printed(/hello-1\s+http:\/\/127\.0\.0\.1:(\d+)/, 1000))[1]);
      expect(current.output).toContain(`http://127.0.0.1:${firstPort + 1}`);
      expect(await answers(2)).toEqual([
        'Hello from hello, version 1, replica 1\n',
        'Hello from hello, version 1, replica 2\n',
      ]);
      const docs = (await current.printed(/Swagger UI\s+(\S+)/, 1000))[1] ?? '';
      expect((await fetch(docs)).status).toBe(200);
      commands = [...current.output.matchAll(/^ *(curl .*)$/gm)].map((match) => match[1] ?? '');
      expect(commands).toHaveLength(4);
    },
    INSTALL_LIMIT,
  );

  it(
    'the first command changes the environment',
    async () => {
      await tryCommand(0);
      await answersBecome([
        'Good morning from hello, version 1, replica 1\n',
        'Good morning from hello, version 1, replica 2\n',
      ]);
    },
    CHANGE_LIMIT * 2,
  );

  it(
    'the second command changes the image',
    async () => {
      await tryCommand(1);
      await answersBecome([
        'Good morning from hello, version 2, replica 1\n',
        'Good morning from hello, version 2, replica 2\n',
      ]);
    },
    CHANGE_LIMIT * 2,
  );

  it(
    'the third command scales, and touches none of the two that run',
    async () => {
      const before = await engine.containers(LABEL);
      await tryCommand(2);
      await eventually(async () => expect((await answers(3))[2]).toContain('replica 3'), CHANGE_LIMIT);
      expect((await engine.containers(LABEL)).slice(0, 2)).toEqual(before);
    },
    CHANGE_LIMIT * 2,
  );

  it(
    'the fourth command makes every replica anew',
    async () => {
      const before = await engine.containers(LABEL);
      await tryCommand(3);
      await eventually(async () => {
        const after = await engine.containers(LABEL);
        expect(after.map(({ name, running }) => [name, running])).toEqual(
          before.map(({ name }) => [name, true]),
        );
        const ids = new Set(before.map(({ id }) => id));
        expect(after.filter(({ id }) => ids.has(id))).toEqual([]);
      }, CHANGE_LIMIT);
    },
    CHANGE_LIMIT * 2,
  );

  it(
    'Ctrl-C ends api and worker in order and leaves the containers alone',
    async () => {
      const before = await engine.containers(LABEL);
      current.signalGroup('SIGINT');
      expect(await current.ended()).toBe(0);
      expect(current.output).toContain('api and worker stopped; 3 containers keep running');
      await expect(fetch(`http://127.0.0.1:${apiPort}/healthz`)).rejects.toThrow();
      expect(await engine.containers(LABEL)).toEqual(before);
    },
    START_LIMIT,
  );

  it(
    'the next start is up soon, makes no second example, and touches no container',
    async () => {
      const before = await engine.containers(LABEL);
      await start();
      expect(current.output).not.toContain('Four things to try');
      await eventually(async () => {
        const status = await fetch(`http://127.0.0.1:${apiPort}/api/v3/apps/hello/status`);
        expect(await status.json()).toMatchObject({ workers: [{ state: 'converged' }] });
      }, CHANGE_LIMIT);
      expect(await engine.containers(LABEL)).toEqual(before);
    },
    START_LIMIT * 2,
  );

  it(
    'a second start on the same state folder is refused, and so is npm run down',
    async () => {
      environment = { ...environment, API_PORT: String(await freePort()) };
      const second = npm('start');
      expect(await second.ended()).toBe(78);
      expect(second.output).toMatch(/state_dir: .* is in use by the running process \d+/);
      const down = npm('run', 'down', '--', '--yes');
      expect(await down.ended()).toBe(78);
      expect(down.output).toMatch(/state_dir: .* is in use by the running process \d+/);
      environment = { ...environment, API_PORT: String(apiPort) };
      expect(await engine.containers(LABEL)).toHaveLength(3);
    },
    START_LIMIT * 2,
  );

  it(
    'kill -9 right after an accepted change loses nothing: the next start converges on it',
    async () => {
      const response = await fetch(`http://127.0.0.1:${apiPort}/api/v3/apps/hello`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/merge-patch+json' },
        body: JSON.stringify({ env_vars: { GREETING: 'Good night' } }),
      });
      current.signalGroup('SIGKILL');
      expect(response.status).toBe(200);
      await current.ended();
      await start();
      await answersBecome([1, 2, 3].map((n) => `Good night from hello, version 2, replica ${n}\n`));
    },
    START_LIMIT + CHANGE_LIMIT,
  );

  it(
    'a backup that is made while an app is changed again and again comes back, and no container is touched',
    async () => {
      const hello = `http://127.0.0.1:${apiPort}/api/v3/apps/hello`;
      const asked = async (init?: RequestInit) => {
        const answer = await fetch(hello, { ...init, headers: { 'content-type': 'application/json' } });
        expect(answer.status).toBe(200);
        return (await answer.json()) as { revision: number; update: { max_unavailable: number } };
      };
      const before = await engine.containers(LABEL);
      const first = await asked();
      let isDone = false;
      const changing = (async () => {
        for (let value = 2; !isDone; value += 1)
          await asked({ method: 'PATCH', body: JSON.stringify({ update: { max_unavailable: value } }) });
      })();
      await mkdir(join(clone, 'backups'));
      const [backUp] = blocks.take('docs/operations.md', 'Backup').exactly(1);
      await command(backUp).finally(() => {
        isDone = true;
      });
      await changing;
      const last = await asked();
      current.signalGroup('SIGINT');
      expect(await current.ended()).toBe(0);
      const [file = ''] = await readdir(join(clone, 'backups'));
      let printed = '';
      for (const each of blocks.take('docs/operations.md', 'Backup', 1).commands)
        printed = await command(each.replace(/nebula-\d{4}-\d\d-\d\d/, file));
      // As the page shows it, for other numbers of another file.
      const alike = (text: string) => text.trim().replaceAll(/\S+\/backups\/\S+|\b\d+ /g, '… ');
      const shown = blocks.take('docs/operations.md', 'Backup', 2).text;
      expect(alike(printed)).toBe(alike(shown.replaceAll('/backups/', `${clone}/backups/`)));
      expect(alike(printed)).toContain('it wins over what streams and workers have');
      // What a person keeps as long as he likes is no file of ours.
      await rm(join(clone, '.nebula', 'old'), { recursive: true });
      await start();
      // A restore knows that it was one, so nobody has to find out.
      expect(current.output).not.toContain('the feed is ahead of the database');
      const restored = await asked();
      expect(restored.revision).toBeGreaterThan(first.revision);
      expect(restored.revision).toBeLessThan(last.revision);
      expect(restored.update.max_unavailable - 1).toBe(restored.revision - first.revision);
      await eventually(async () => {
        const status = await fetch(`${hello}/status`);
        expect(await status.json()).toMatchObject({
          ...{ revision: restored.revision, workers: [{ state: 'converged', revision: restored.revision }] },
        });
      }, CHANGE_LIMIT);
      expect(await engine.containers(LABEL)).toEqual(before);
    },
    START_LIMIT + CHANGE_LIMIT,
  );

  it(
    'npm run down removes all that is ours, and nothing else',
    async () => {
      current.signalGroup('SIGTERM');
      expect(await current.ended()).toBe(0);
      const foreign = await engine.docker.createContainer({
        Image: 'nebula-hello:1',
        name: `foreign-${SCOPE}`,
        Labels: { 'nebula.scope': 'somebody-else', 'nebula.app': 'hello' },
      });
      foreignId = foreign.id;
      await foreign.start();

      // Nobody can be asked here, and nobody has said yes.
      const asked = npm('run', 'down', '--', '--forget');
      expect(await asked.ended()).toBe(2);
      expect(asked.output).toContain('add --yes');
      expect(await engine.containers(LABEL)).toHaveLength(3);

      const down = npm('run', 'down', '--', '--yes');
      expect(await down.ended()).toBe(0);
      for (const name of ['hello-1', 'hello-2', 'hello-3']) expect(down.output).toContain(name);
      expect(await engine.containers(LABEL)).toEqual([]);
      expect(await engine.networks(LABEL)).toEqual([]);
      expect(await engine.containers(FOREIGN_LABEL)).toMatchObject([{ id: foreignId, running: true }]);
    },
    START_LIMIT,
  );

  it(
    'brings the apps back after down, and forgets them with --forget',
    async () => {
      await start();
      await answersBecome([1, 2, 3].map((n) => `Good night from hello, version 2, replica ${n}\n`));
      current.signalGroup('SIGINT');
      expect(await current.ended()).toBe(0);
      const down = npm('run', 'down', '--', '--yes', '--forget');
      expect(await down.ended()).toBe(0);
      expect(await engine.containers(LABEL)).toEqual([]);
      await expect(execa('test', ['-e', `${clone}/.nebula`])).rejects.toThrow();
    },
    START_LIMIT * 2,
  );

  it(
    'starts without the example app when it is told so',
    async () => {
      const [, ...args] = blocks.inline('npm start -- --no-example --no-install').split(' ');
      current = npm(...args);
      await current.printed(/Nebula is running/, START_LIMIT);
      const apps = await fetch(`http://127.0.0.1:${apiPort}/api/v3/apps`);
      expect(await apps.json()).toMatchObject({ items: [] });
      current.signalGroup('SIGINT');
      expect(await current.ended()).toBe(0);
      expect(await engine.containers(LABEL)).toEqual([]);
    },
    START_LIMIT,
  );
});

it('no block of the documents is left', () => expect(blocks.left).toEqual([]));
