import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { freshClone, removeClone } from './testing/clone.js';
import { EngineView } from './testing/engine-view.js';
import { freePort } from './testing/free-port.js';
import { NpmProcess } from './testing/npm-process.js';

const INSTALL_LIMIT = 600_000;
const LIMIT = 120_000;

let clone: string;
let environment: Record<string, string | undefined>;
let current: NpmProcess | undefined;
let host: string;

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
      const url = (await current.printed(/hello-1\s+(http:\S+)/, 1000))[1] ?? '';
      expect(await (await fetch(url)).text()).toBe('Hello from hello, version 1, replica 1\n');
      host = (await current.printed(/of our own at (unix:\/\/\S+\.sock)/, 1000))[1] ?? '';
      expect(await new EngineView(host).containers('nebula.app=hello')).toHaveLength(2);
    },
    INSTALL_LIMIT,
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
