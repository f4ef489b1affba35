import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { killEngine, startEngine } from '../tools/engine/engine.mjs';
import { freePort } from '../tools/services/free-port.mjs';
import { freshClone, removeClone } from './testing/clone.js';
import { EngineView } from './testing/engine-view.js';
import { eventually } from './testing/eventually.js';
import { NpmProcess } from './testing/npm-process.js';

const INSTALL_LIMIT = 600_000;
const LIMIT = 120_000;

let clone: string;
let environment: Record<string, string | undefined>;
let current: NpmProcess | undefined;
let host: string;
/** Address of the first replica. */
let url: string;

function api(path: string, init?: RequestInit): Promise<Response> {
  const address = `http://127.0.0.1:${environment['API_PORT']}${path}`;
  return fetch(address, { ...init, signal: AbortSignal.timeout(10_000) });
}

/** Reads, or patches with a body, and answers what a success says. */
async function call(path: string, patch?: object): Promise<unknown> {
  const headers = { 'content-type': 'application/merge-patch+json' };
  const init = patch ? { method: 'PATCH', headers, body: JSON.stringify(patch) } : undefined;
  const answer = await api(`/api/v3${path}`, init);
  expect(answer.status).toBe(200);
  return await answer.json();
}

/** What the api says of its readiness. */
async function ready(): Promise<{ status: number; checks: { name: string; problem: string | null }[] }> {
  const answer = await api('/readyz');
  const { checks } = (await answer.json()) as { checks: { name: string; problem: string | null }[] };
  return { status: answer.status, checks };
}

beforeAll(async () => {
  clone = await freshClone();
  environment = {
    ...process.env,
    DOCKER_HOST: undefined,
    // Whether or not this machine has an engine: here there is none.
    DOCKER_SOCKET: join(clone, 'no-engine.sock'),
    API_PORT: String(await freePort()),
    SCOPE: `e2e-${randomBytes(4).toString('hex')}`,
    NODE_OPTIONS: undefined,
  };
}, LIMIT);

afterAll(async () => {
  current?.signalGroup('SIGKILL');
  await new NpmProcess(clone, ['run', 'down', '--', '--yes', '--forget'], environment).ended();
  await removeClone(clone);
}, LIMIT);

describe('a machine without a Docker Engine, as root on Debian', () => {
  it(
    'npm start says that it sets one up in its state folder, and runs the example on it',
    async () => {
      current = new NpmProcess(clone, ['start'], environment);
      await current.printed(/removes them\./, INSTALL_LIMIT);
      url = (await current.printed(/hello-1\s+(http:\S+)/, 1000))[1] ?? '';
      expect(await (await fetch(url)).text()).toBe('Hello from hello, version 1, replica 1\n');
      host = (await current.printed(/of our own at (unix:\/\/\S+\.sock)/, 1000))[1] ?? '';
      expect(await new EngineView(host).containers('nebula.app=hello')).toHaveLength(2);
    },
    INSTALL_LIMIT,
  );

  it(
    'the api goes on while the engine is away, says what is missing, and what changed meanwhile is done afterwards',
    async () => {
      const engine = join(clone, '.nebula', 'engine');
      const greeting = { env_vars: { GREETING: 'Good evening' } };
      expect((await ready()).status).toBe(200);

      expect(await killEngine(engine)).toBe(true);
      await eventually(async () => {
        const { status, checks } = await ready();
        expect([status, checks.filter(({ problem }) => problem !== null)]).toEqual([
          503,
          [{ name: 'docker', problem: expect.stringContaining('does not answer') }],
        ]);
      }, LIMIT);
      const { items } = (await call('/apps')) as { items: { app_name: string }[] };
      expect(items.map(({ app_name }) => app_name)).toEqual(['hello']);
      const { revision } = (await call('/apps/hello', greeting)) as { revision: number };
      expect(revision).toBe(2);

      await startEngine({ folder: engine });
      await eventually(async () => {
        const { workers } = (await call('/apps/hello/status')) as {
          workers: { revision: number; state: string }[];
        };
        expect(workers).toMatchObject([{ revision, state: 'converged' }]);
        expect(await (await fetch(url)).text()).toBe('Good evening from hello, version 1, replica 1\n');
        expect((await ready()).status).toBe(200);
      }, LIMIT);
    },
    3 * LIMIT,
  );

  it(
    'the engine goes on after Ctrl-C, and the next start uses it',
    async () => {
      const before = await new EngineView(host).containers('nebula.app=hello');
      current?.signalGroup('SIGINT');
      expect(await current?.ended()).toBe(0);
      current = new NpmProcess(clone, ['start', '--', '--no-install'], environment);
      await current.printed(/Nebula is running/, LIMIT);
      expect(await new EngineView(host).containers('nebula.app=hello')).toEqual(before);
    },
    LIMIT,
  );

  it(
    'npm run down removes the containers and stops the engine',
    async () => {
      current?.signalGroup('SIGINT');
      expect(await current?.ended()).toBe(0);
      const down = new NpmProcess(clone, ['run', 'down', '--', '--yes'], environment);
      expect(await down.ended()).toBe(0);
      expect(down.output).toContain('hello-1');
      await expect(new EngineView(host).docker.ping()).rejects.toThrow();
    },
    LIMIT,
  );
});
