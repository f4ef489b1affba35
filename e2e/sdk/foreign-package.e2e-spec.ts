import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bearer, LOGIN } from '../../apps/api/src/access/testing/logins.js';
import { reportOf } from '../../apps/api/src/store/testing/records.js';
import { ApiUnderTest } from '../../apps/api/src/testing/api-under-test.js';
import { OTHER_NODES, otherNode } from '../../tools/services/other-node.mjs';
import { searchForSecrets } from '../../tools/test/known-secrets.mjs';
import { BrowserPages } from '../testing/browser-pages.js';
import { REPOSITORY } from '../testing/clone.js';
import { DocumentBlocks } from '../testing/document-blocks.js';
import { eventually } from '../testing/eventually.js';
import type { Story } from './consumer.js';
import { NestService } from './nest-service.js';

const LIMIT = 120_000;
/** Chromium and other versions of Node may have to be installed first. */
const START_LIMIT = 600_000;
/** As a command: its own interface looks for classes of the realm that it runs in. */
const BUNDLER = join(REPOSITORY, 'tools', 'node_modules', 'esbuild', 'bin', 'esbuild');
const COMPILER = join(REPOSITORY, 'node_modules', 'typescript', 'bin', 'tsc');

const blocks = new DocumentBlocks(import.meta.filename);
let api: ApiUnderTest;
/** A package of somebody else, in which the SDK is installed from its archive. */
let folder: string;
let consumer: string;
/** The packages of SDK and command line. */
let archive: string;
let commandLine: string;
/** Of the last report of the worker of `live`. */
let sequence = 0;
/** Of another site than the api's, which lets them in. */
let pages: BrowserPages;
/** Every version of Node that is supported, the one that runs first. */
const nodes: string[] = [process.execPath];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-foreign-'));
  [archive = '', commandLine = ''] = await packed(blocks.take('CONTRIBUTING.md', 'Set up').exactly(2));
  await writeFile(join(folder, 'package.json'), '{ "name": "foreign", "private": true }');
  await execa('npm', ['install', '--offline', '--no-audit', '--no-fund', archive], { cwd: folder });
  consumer = await readFile(join(REPOSITORY, 'e2e', 'sdk', 'consumer.ts'), 'utf8');
  const sdk = '/node_modules/@nebula/sdk/dist/esm/index.js';
  pages = await BrowserPages.start(folder, { '@nebula/sdk': sdk });
  for (const version of OTHER_NODES) nodes.push(await otherNode(version));
  api = await ApiUnderTest.start({ login: LOGIN, http: { cors_origins: [pages.origin] } });
  api.authorization = bearer(LOGIN.auth_token);
}, START_LIMIT);

afterAll(async () => {
  await pages?.end();
  await api?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** What scripts of the project lay into its folder dist/, each of which prints a path. */
async function packed(commands: readonly string[]): Promise<string[]> {
  const paths: string[] = [];
  for (const command of commands) {
    const { stdout } = await execa('sh', ['-c', command], { cwd: REPOSITORY });
    paths.push(...(/^\/.*\.tgz$/m.exec(stdout) ?? []));
  }
  return paths;
}

/** Lets a worker say that it has converged on revision 2 of an app, once there is one. */
async function reportOn(app_name: string): Promise<void> {
  await eventually(async () => expect(await api.store.get(app_name)).toMatchObject({ revision: 2 }), LIMIT);
  api.broker.reports.publish(reportOf({ app_name, worker_id: `worker-of-${app_name}`, revision: 2 }));
}

/** Runs a program while the app that it watches lives, see `live`, and answers what it has printed. */
async function whileLiving(code: string, program: string, args: string[]): Promise<string> {
  let hasEnded = false;
  const running = execa(program, args, { all: true, timeout: LIMIT }).finally(() => (hasEnded = true));
  while (!hasEnded) {
    await live(code);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const { all } = await running;
  searchForSecrets(all, `what ${program} printed`);
  return all;
}

function storyOf(app: string): Story {
  return {
    created: 1,
    listed: [app],
    conflict: '412 urn:nebula:problem:precondition-failed',
    told: `${app} 1`,
    outcome: 'converged',
  };
}

/** Examples of the pages for this api, each as a module: those that make no client take the one of `SETUP`. */
function examples(): string[] {
  return ['docs/sdk.md', 'libs/sdk/README.md'].flatMap((page) =>
    blocks
      .takePage(page)
      .map(({ text }) =>
        text.includes('createNebulaClient')
          ? text
              .replace(/https?:\/\/[\w.]+(:8000)?/, api.url)
              .replace(/'(the token|nebula_…)'/, `'${LOGIN.auth_token}'`)
          : `${text}\ndeclare const client: import('@nebula/sdk').NebulaClient;\n`,
      ),
  );
}

/** What each of the examples prints, in their order. */
const PRINTED = [
  /^shop:1 1$/,
  /^\d+$/,
  /^$/,
  /^$/,
  /^shop\nedge converged$/,
  /^read what you need now\n(revision \d+\n)*[^]*converging: 0/,
  /^\d of 1(\n\d of 1)*$/,
  /^$/,
];

const setup = () => `import { createNebulaClient } from '@nebula/sdk';
globalThis.client = createNebulaClient({ baseUrl: '${api.url}', token: '${LOGIN.auth_token}' });`;

/** Changes the app that the examples watch, where they wait for a change, and has a worker report on each change. */
async function live(code: string): Promise<void> {
  if (code.includes('streamEvents'))
    await api.call('PATCH', '/apps/shop', { json: { env_vars: { STEP: String(Math.random()) } } });
  const { revision = 0 } = (await api.store.get('shop')) ?? {};
  sequence += 1;
  api.broker.reports.publish(reportOf({ app_name: 'shop', revision, sequence }));
}

describe('a package of somebody else', () => {
  it(
    'compiles with the strictest settings, in both module systems, as do the examples of the page',
    async () => {
      const main = `${consumer}
        declare const process: { argv: string[] };
        const [, , url = '', token = '', app = ''] = process.argv;
        void use(url, token, app).then((story) => console.log(JSON.stringify(story)));`;
      await writeFile(join(folder, 'main.mts'), main);
      await writeFile(join(folder, 'main.cts'), main);
      await writeFile(join(folder, 'consumer.mts'), consumer);
      const codes = examples();
      expect(codes).toHaveLength(PRINTED.length);
      for (const [index, code] of codes.entries())
        await writeFile(join(folder, `example-${index}.mts`), code);
      const compilerOptions = {
        ...{ target: 'es2022', module: 'nodenext', lib: ['es2022', 'dom', 'dom.iterable'], types: [] },
        ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
        ...{ skipLibCheck: false, rootDir: '.', outDir: 'out' },
      };
      await writeFile(
        join(folder, 'tsconfig.json'),
        JSON.stringify({ compilerOptions, include: ['*.mts', '*.cts'] }),
      );
      const { exitCode, stdout } = await execa('node', [COMPILER], { cwd: folder, reject: false });
      expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
    },
    LIMIT,
  );

  it(
    'runs the examples of the pages',
    async () => {
      const file = join(folder, 'out', 'setup.mjs');
      await writeFile(file, setup());
      for (const [index, code] of examples().entries()) {
        if (code.includes('createApp')) await api.call('DELETE', '/apps/shop');
        else if (!(await api.store.get('shop'))) await api.create('shop');
        const args = ['--import', file, join(folder, 'out', `example-${index}.mjs`)];
        expect(await whileLiving(code, process.execPath, args)).toMatch(PRINTED[index] ?? 'nothing else');
      }
    },
    LIMIT,
  );

  it.each([
    ['imports it', 'mjs'],
    ['requires it', 'cjs'],
  ])(
    'runs on every supported version of Node when it %s',
    async (_name, extension) => {
      const program = join(folder, 'out', `main.${extension}`);
      expect(await readFile(program, 'utf8')).toContain(
        extension === 'cjs' ? 'require("@nebula/sdk")' : "from '@nebula/sdk'",
      );
      for (const [index, node] of nodes.entries()) {
        const app = `from-${extension}-${index}`;
        const args = [program, api.url, LOGIN.auth_token, app];
        const running = execa(node, args, { all: true, timeout: LIMIT });
        await reportOn(app);
        const { stdout, all } = await running;
        searchForSecrets(all, `what ${program} printed`);
        expect(JSON.parse(stdout)).toEqual(storyOf(app));
      }
    },
    LIMIT,
  );

  it(
    'runs in a browser, as the modules that are in the package and bundled',
    async () => {
      const outfile = join(folder, 'out', 'browser.js');
      const entry = join(folder, 'browser.ts');
      await writeFile(entry, consumer);
      const args = ['--bundle', '--platform=browser', '--format=esm', '--target=es2022'];
      await execa(BUNDLER, [entry, `--outfile=${outfile}`, ...args], { cwd: folder });
      for (const module of ['consumer.mjs', 'browser.js']) {
        const app = `from-${module}`.replace(/\..*/, '');
        const given = [api.url, LOGIN.auth_token, app].map((text) => JSON.stringify(text)).join();
        const story = pages.run(`return (await import('/out/${module}')).use(${given});`);
        await Promise.race([story, reportOn(app)]);
        expect(await story).toEqual(storyOf(app));
      }
    },
    LIMIT,
  );

  it('takes no more into a bundle than it uses', async () => {
    const entry = join(folder, 'small.ts');
    await writeFile(
      entry,
      `import { createNebulaClient, getApp } from '@nebula/sdk';
       export const app = (baseUrl: string) => getApp({ client: createNebulaClient({ baseUrl }), path: { app: 'a' } });`,
    );
    const { stdout: text } = await execa(BUNDLER, [entry, '--bundle', '--minify', '--format=esm'], {
      cwd: folder,
    });
    expect(text).toContain('/api/v3/apps/{app}');
    for (const other of ['/api/v3/workers', '/restart', 'the stream of events broke', 'NotConvergedError'])
      expect(text).not.toContain(other);
    expect(text.length).toBeLessThan(20_000);
  });
});

describe('the command line as a package', () => {
  let place: string;
  beforeAll(async () => {
    place = join(folder, 'command-line');
    await mkdir(place);
    await writeFile(join(place, 'package.json'), '{ "private": true }');
    await execa('npm', ['install', '--offline', '--no-audit', '--no-fund', commandLine], { cwd: place });
  }, LIMIT);

  const list = async (program: string, args: string[]) => {
    const env = {
      NEBULA_URL: api.url,
      NEBULA_TOKEN: LOGIN.auth_token,
      HOME: place,
      PATH: process.env['PATH'],
    };
    const { stdout, all } = await execa(program, args, { all: true, cwd: place, env, extendEnv: false });
    searchForSecrets(all, `what ${program} printed`);
    return stdout.split('\n');
  };

  it('is installed as the command nebulactl, with no other package', async () => {
    await api.create('listed');
    const command = join(place, 'node_modules', '.bin', 'nebulactl');
    expect(await list(command, ['app', 'list', '-o', 'name'])).toContain('listed');
    const { dependencies } = JSON.parse(
      (await execa('npm', ['list', '--all', '--json'], { cwd: place })).stdout,
    ) as { dependencies: Record<string, { dependencies?: object }> };
    expect(Object.entries(dependencies).map(([name, each]) => [name, each.dependencies])).toEqual([
      ['@nebula/nebulactl', undefined],
    ]);
  });

  it('is one file that any supported version of Node runs by itself', async () => {
    const alone = join(place, 'alone', 'nebulactl.mjs');
    await mkdir(join(place, 'alone'));
    await copyFile(join(place, 'node_modules', '@nebula', 'nebulactl', 'nebulactl.mjs'), alone);
    for (const node of nodes)
      expect(await list(node, [alone, 'app', 'list', '-o', 'name', '--prefix', 'list'])).toEqual(['listed']);
  });
});

describe('the NestJS service among the examples', () => {
  let service: NestService;
  const [pack, install, build, start, ask] = blocks
    .take('examples/nest-service/README.md', 'A NestJS service on the SDK')
    .exactly(5);

  beforeAll(async () => {
    const ofApi = { url: api.url, token: LOGIN.auth_token };
    service = await NestService.start(join(folder, 'project'), [pack, install, build, start], ofApi);
  }, START_LIMIT);

  afterAll(async () => await service?.end(), LIMIT);

  const deploy = async (app: string, body: object) => {
    const response = await fetch(`${service.url}/deployments/${app}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  };

  it(
    'does what its README asks of it',
    async () => {
      if (!(await api.store.get('shop'))) await api.create('shop');
      const asking = whileLiving('', 'sh', [
        '-c',
        `${ask.replace('http://127.0.0.1:3000', service.url)} --silent`,
      ]);
      expect(JSON.parse(await asking)).toMatchObject({ deployed: true, workers: 1 });
      expect(await api.store.get('shop')).toMatchObject({ spec: { docker_image: 'shop:42' } });
    },
    LIMIT,
  );

  it(
    'deploys, and says when the workers have it',
    async () => {
      await api.create('deployed');
      const deployment = deploy('deployed', { image: 'shop:42' });
      await reportOn('deployed');
      expect(await deployment).toEqual({
        status: 200,
        body: { revision: 2, deployed: true, workers: 1 },
      });
      const status = await fetch(`${service.url}/deployments/deployed`);
      expect(await status.json()).toMatchObject({ converged: 1 });
    },
    LIMIT,
  );

  it(
    'says what went wrong',
    async () => {
      expect(await deploy('nobody', { image: 'shop:42' })).toMatchObject({
        status: 404,
        body: { type: 'urn:nebula:problem:app-not-found' },
      });
      await api.create('lonely');
      expect(await deploy('lonely', { image: 'shop:42', patience: 1 })).toEqual({
        status: 200,
        body: { revision: 2, deployed: false, reason: 'no worker runs lonely that could be waited for' },
      });
    },
    LIMIT,
  );
});

it('leaves no block of the pages', () => expect(blocks.left).toEqual([]));
