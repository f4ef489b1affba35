import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleCommandLine } from '../../tools/bundle/bundle-command-line.mjs';
import { makeHttpImage, removeImage } from '../../tools/engine/images.mjs';
import { freePort } from '../../tools/services/free-port.mjs';
import { searchForSecrets, secret } from '../../tools/test/known-secrets.mjs';
import { Terminal } from '../../tools/test/terminal.mjs';
import { REPOSITORY } from '../testing/clone.js';
import { EngineView } from '../testing/engine-view.js';
import { eventually } from '../testing/eventually.js';
import { ServiceProcess } from '../testing/service-process.js';

const ENGINE = process.env['NEBULA_TEST_DOCKER_HOST'] ?? '';
const SCOPE = `e2e-${randomBytes(4).toString('hex')}`;
const LABEL = `nebula.scope=${SCOPE}`;
const APP = `${SCOPE}-shop`;
const IMAGES = { first: `nebula-cli:${SCOPE}-1`, second: `nebula-cli:${SCOPE}-2` };
const PASSWORD = secret(randomBytes(12).toString('hex'));
const LIMIT = 120_000;

const engine = new EngineView(ENGINE);
let folder: string;
let nebulactl: string;
let url: string;
/** Api and worker of one machine. */
let machine: ServiceProcess;
let terminal: Terminal | undefined;

beforeAll(async () => {
  await engine.removeLeftNetwork();
  folder = await mkdtemp(join(tmpdir(), 'nebula-cli-'));
  nebulactl = await bundleCommandLine(folder);
  await makeHttpImage(ENGINE, IMAGES.first, { version: `${SCOPE}-1` });
  await makeHttpImage(ENGINE, IMAGES.second, { version: `${SCOPE}-2`, healthcheck: true });
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  machine = new ServiceProcess({
    name: 'standalone',
    args: [join(REPOSITORY, 'apps', 'standalone', 'dist', 'main.js')],
    folder,
    environment: {
      ...{ STATE_DIR: join(folder, 'state'), API_PORT: String(port), DOCKER_HOST: ENGINE, SCOPE },
      ...{ BASIC_AUTH_USER: 'admin', BASIC_AUTH_PASSWORD: PASSWORD },
    },
  });
  machine.start();
  await eventually(async () => expect((await fetch(`${url}/readyz`)).status).toBe(200), LIMIT);
}, LIMIT);

afterEach(async () => {
  await terminal?.hangUp();
});

afterAll(async () => {
  await machine.stop();
  const listed = await engine.docker.listContainers({ all: true, filters: { label: [LABEL] } });
  for (const { Id } of listed) await engine.docker.getContainer(Id).remove({ force: true, v: true });
  for (const name of await engine.networks(LABEL)) await engine.docker.getNetwork(name).remove();
  for (const image of Object.values(IMAGES)) await removeImage(ENGINE, image);
  await rm(folder, { recursive: true, force: true });
}, LIMIT);

/** All that the program knows of its surroundings. */
const environment = (more: Record<string, string> = {}) => ({
  ...{ PATH: process.env['PATH'] ?? '', HOME: folder, LC_ALL: 'C.UTF-8' },
  ...more,
});

/** Begins a command as a person does. */
function typed(args: string[], more: Record<string, string> = {}): Terminal {
  terminal = new Terminal([process.execPath, nebulactl, ...args], { folder, environment: environment(more) });
  return terminal;
}

/** Runs a command as a script does, with no terminal anywhere. */
async function piped(args: string[], more: Record<string, string> = {}) {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [nebulactl, ...args], {
    ...{ cwd: folder, env: environment(more), extendEnv: false, reject: false, stdin: 'ignore' },
  });
  searchForSecrets(stdout + stderr, `the output of nebulactl ${args.join(' ')}`);
  return { code: exitCode, stdout, stderr };
}

/** Images, as the engine has them, of the containers that run. */
async function runs(): Promise<string[]> {
  const listed = await engine.docker.listContainers({ filters: { label: [LABEL] } });
  return listed.map(({ Image }) => Image).sort();
}

const ids = async () => (await engine.containers(LABEL)).map(({ id }) => id);

describe('on a terminal', () => {
  it(
    'logs in with a password that is typed and never seen',
    async () => {
      const wrong = typed(['login', url, '--user', 'admin']);
      await wrong.printed(/Password of admin/);
      wrong.type(`${secret('not-the-password')}\r`);
      expect(await wrong.ended()).toBe(1);
      expect(wrong.text).toMatch(
        /\nError: http:\S+ does not let you in: The user or the password is wrong\. Log in with: nebulactl login http:\S+\n$/,
      );
      const right = typed(['login', url, '--user', 'admin']);
      await right.printed(/Password of admin/);
      right.type(`${PASSWORD}\r`);
      expect(await right.ended()).toBe(0);
      expect(right.text).toContain(`Logged in to ${url}.`);
      expect(wrong.raw + right.raw).not.toMatch(new RegExp(`${PASSWORD}|not-the-password`));
    },
    LIMIT,
  );

  it(
    'shows what would be, and does nothing for a no',
    async () => {
      const create = typed(['app', 'create', APP, '--image', IMAGES.first, '--containers-per', 'server=2']);
      await create.printed(/Create \S+\?/);
      expect(create.text).toContain(`+ docker_image: ${IMAGES.first}\n`);
      expect(create.raw).toContain('\u001b[32m+ docker_image');
      create.type('n');
      expect(await create.ended()).toBe(1);
      expect(create.text).toMatch(/\nError: nothing was changed\n$/);
      expect((await piped(['app', 'list', '-o', 'name'])).stdout).toBe('');
    },
    LIMIT,
  );

  it(
    'asks, shows how far it is in one line, and ends with 0 when the containers run',
    async () => {
      const args = ['app', 'create', APP, '--image', IMAGES.first, '--containers-per', 'server=2', '--wait'];
      const create = typed(args);
      await create.printed(/Create \S+\?/);
      create.type('y');
      expect(await create.ended()).toBe(0);
      expect(create.raw).toMatch(/\r\u001b\[2K\S+ at revision 1: /);
      expect(create.text).toMatch(
        /\nConverged: \S+ is at revision 1 on 1 worker \(p50 [\d.]+ s, p99 [\d.]+ s\)\.\n$/m,
      );
      expect(await runs()).toEqual([IMAGES.first, IMAGES.first]);
    },
    LIMIT,
  );

  it(
    'ends with 1 and the reason for an image that is nowhere, and what runs goes on',
    async () => {
      const before = await ids();
      const set = typed(['app', 'set', APP, '--image', '127.0.0.1:1/nowhere:1', '--wait']);
      await set.printed(/Change \S+\?/);
      expect(set.text).toContain('its containers are replaced on 1 worker (because of docker_image).');
      set.type('y');
      expect(await set.ended()).toBe(1);
      expect(set.text).toMatch(
        /\nError: revision 2 of \S+ failed on 1 worker:\n {2}\S+ is failed: pull: .*127\.0\.0\.1:1/,
      );
      expect(await ids()).toEqual(before);
    },
    LIMIT,
  );

  it(
    'stops waiting at Ctrl-C with 130, and the change goes on',
    async () => {
      const held = {
        update: { strategy: 'rolling', min_ready_seconds: 3_000, health_timeout_seconds: 3_600 },
      };
      const args = ['app', 'set', APP, '--image', IMAGES.first, '--env', 'HELD=1', '--wait', '--yes'];
      const set = typed([...args, '--patch', JSON.stringify(held)]);
      await set.printed(/at revision 3: 1 converging/);
      set.type('\u0003');
      expect(await set.ended()).toBe(130);
      expect(set.text).toMatch(
        /stopped waiting\. revision 3 of \S+ stays, and workers go on with it: nebulactl app wait \S+\n$/,
      );
    },
    LIMIT,
  );

  it(
    'opens an editor that has the terminal, and follows what was changed in it',
    async () => {
      const editor = join(folder, 'editor');
      await writeFile(
        editor,
        '#!/bin/sh\ntest -t 0 -a -t 1 && sed -i "s/ready_seconds: 3000/ready_seconds: 1/" "$1"\n',
      );
      await chmod(editor, 0o700);
      const edit = typed(['app', 'edit', APP, '--wait'], { EDITOR: editor });
      await edit.printed(/Change \S+\?/);
      expect(edit.text).toContain('- update.min_ready_seconds: 3000\n+ update.min_ready_seconds: 1\n');
      edit.type('y');
      expect(await edit.ended()).toBe(0);
      const seen = await engine.containers(LABEL);
      expect(seen.map(({ running, environment: { HELD } }) => [running, HELD])).toEqual([
        [true, '1'],
        [true, '1'],
      ]);
    },
    LIMIT,
  );
});

describe('in a pipeline', () => {
  it(
    'asks nobody: it is refused without --yes, and with it tells plainly how far it is',
    async () => {
      const set = ['app', 'set', APP, '--image', IMAGES.second, '--wait'];
      expect(await piped(set)).toMatchObject({ code: 2, stderr: expect.stringContaining('add --yes') });
      expect(await runs()).toEqual([IMAGES.first, IMAGES.first]);
      const { code, stdout, stderr } = await piped([...set, '--yes', '--reason', 'build 2', '-o', 'json']);
      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining(`Converged: ${APP} `) });
      expect(JSON.parse(stdout)).toMatchObject({ app_name: APP, docker_image: IMAGES.second });
      expect(stdout + stderr).not.toContain('\u001b');
      expect(await runs()).toEqual([IMAGES.second, IMAGES.second]);
      const history = await piped(['app', 'history', APP, '--limit', '1']);
      expect(history.stdout).toMatch(/changed +admin +\d+s ago +build 2$/);
    },
    LIMIT,
  );

  it(
    'ends with 1 for containers that are not healthy, and with 0 when they are rolled back',
    async () => {
      const sick = await piped(['app', 'set', APP, '--env', 'SICK=1', '--yes', '--wait']);
      expect(sick.code).toBe(1);
      expect(sick.stderr).toMatch(
        /\nError: revision \d+ of \S+ failed on 1 worker:\n {2}\S+ is failed: update: .*unhealthy/,
      );
      expect((await piped(['app', 'rollback', APP, '--yes', '--wait'])).code).toBe(0);
      expect(await piped(['app', 'wait', APP])).toMatchObject({ code: 0 });
    },
    LIMIT,
  );

  it(
    'ends with 124 when the time is over',
    async () => {
      const patch = JSON.stringify({ update: { min_ready_seconds: 3_000 } });
      const args = ['app', 'set', APP, '--env', 'SLOW=1', '--image', IMAGES.first, '--patch', patch];
      const { code, stderr } = await piped([...args, '--yes', '--wait', '--timeout', '2s']);
      expect(code).toBe(124);
      expect(stderr).toMatch(
        /\nError: revision \d+ of \S+ was not on all workers after 2 s: 1 of 1 have not converged:\n {2}\S+ is converging/,
      );
    },
    LIMIT,
  );

  it(
    'deletes, and waits until the containers are gone',
    async () => {
      const { code, stderr } = await piped(['app', 'delete', APP, '--yes', '--wait']);
      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('Gone: no worker') });
      expect(await engine.containers(LABEL)).toEqual([]);
    },
    LIMIT,
  );

  it(
    'says in one sentence that there is no server any more',
    async () => {
      await machine.stop();
      expect(await piped(['app', 'list'])).toEqual({
        ...{ code: 1, stdout: '' },
        stderr: expect.stringMatching(
          /^Error: http:\S+ can't be reached: nothing listens there \(context \S+\)$/,
        ),
      });
    },
    LIMIT,
  );
});
