import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { freePort } from '../tools/services/free-port.mjs';
import { freshClone, removeClone } from './testing/clone.js';
import { NpmProcess } from './testing/npm-process.js';

const INSTALL_LIMIT = 300_000;
const LIMIT = 60_000;

let clone: string;
let environment: Record<string, string | undefined>;

const BROKER = { RABBIT_HOST: '127.0.0.1:1', RABBIT_USER: 'nobody', RABBIT_PASSWORD: 'of-nobody' };

/** Exit code of a start that ends by itself, and the lines that are not npm's own. */
async function start(
  extra: Record<string, string> = {},
  ...args: string[]
): Promise<{ code: number | undefined; lines: string[] }> {
  return await run(clone, ['start', '--', ...args], extra);
}

/** The same of any script of package.json, in a clone. */
async function run(
  folder: string,
  command: string[],
  extra: Record<string, string>,
): Promise<{ code: number | undefined; lines: string[] }> {
  const process = new NpmProcess(folder, ['--silent', ...command], { ...environment, ...extra });
  const code = await process.ended();
  return { code, lines: process.output.split('\n').filter(Boolean) };
}

beforeAll(async () => {
  clone = await freshClone();
  environment = {
    ...process.env,
    DOCKER_HOST: process.env['NEBULA_TEST_DOCKER_HOST'],
    NODE_OPTIONS: undefined,
  };
  // Installs and builds, so that the tests see nothing but the refusal.
  await start({ API_PORT: '0' });
}, INSTALL_LIMIT);

beforeEach(async () => {
  environment = { ...environment, API_PORT: String(await freePort()) };
});

afterAll(async () => {
  await removeClone(clone);
});

describe('a start that can not go on ends with one line each', () => {
  it(
    'the port is in use',
    async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      expect(await start({ API_PORT: String(port) })).toEqual({
        code: 78,
        lines: [`api_port: port ${port} on 127.0.0.1 is in use by another program; set another api_port`],
      });
      server.close();
    },
    LIMIT,
  );

  it(
    'the state folder can not be written to',
    async () => {
      const { code, lines } = await start({ STATE_DIR: join(clone, 'package.json', 'state') });
      expect(code).toBe(78);
      expect(lines).toEqual([
        expect.stringMatching(/^state_dir: .*package\.json\/state can't be written to/),
      ]);
    },
    LIMIT,
  );

  it(
    'conf.json has unknown keys and bad values: a line for each, with what was meant',
    async () => {
      const file = join(clone, 'conf.json');
      await writeFile(file, JSON.stringify({ api_prot: 8000, scope: 7 }));
      const { code, lines } = await start();
      await rm(file);
      expect(code).toBe(78);
      expect(lines).toHaveLength(2);
      expect(lines.join('\n')).toMatch(/api_prot.*api_port/);
      expect(lines.join('\n')).toMatch(/scope/);
    },
    LIMIT,
  );

  it(
    'an unknown option',
    async () => {
      expect(await start({}, '--no-exampel')).toEqual({
        code: 2,
        lines: ['unknown option --no-exampel; npm start -- --help lists what there is'],
      });
    },
    LIMIT,
  );

  it(
    'DOCKER_HOST does not answer: nothing else is tried',
    async () => {
      const host = `unix://${clone}/no-engine.sock`;
      const { code, lines } = await start({ DOCKER_HOST: host });
      expect(code).toBe(69);
      expect(lines).toEqual([expect.stringContaining(host)]);
    },
    LIMIT,
  );

  it(
    'no engine anywhere, and --no-install',
    async () => {
      const { code, lines } = await start(
        { DOCKER_HOST: '', DOCKER_SOCKET: join(clone, 'no-engine.sock') },
        '--no-install',
      );
      expect(code).toBe(69);
      // Where Docker is installed already, another thing has to be done.
      expect(lines.at(-1)).toMatch(/Or run: (apt-get install docker\.io|systemctl start docker)/);
    },
    LIMIT,
  );
});

describe('a service on a fresh clone is installed and built, and its configuration is looked at first of all', () => {
  it.each<[service: string, configuration: Record<string, string>, line: string]>([
    [
      'api',
      { MONGO_URL: 'http://db' },
      'mongo_url must begin with mongodb:// or mongodb+srv:// and name a host',
    ],
    ['worker', { APP_NAME: 'no app' }, 'APP_NAME: "no app" must be 1 to 63 letters'],
  ])(
    'npm run %s',
    async (service, configuration, line) => {
      const fresh = await freshClone();
      try {
        const { code, lines } = await run(fresh, ['run', service], { ...BROKER, ...configuration });
        expect(lines).toEqual([
          expect.stringMatching(/^Installing the dependencies/),
          expect.stringContaining(line),
        ]);
        expect(code).toBe(78);
      } finally {
        await removeClone(fresh);
      }
    },
    INSTALL_LIMIT,
  );
});
