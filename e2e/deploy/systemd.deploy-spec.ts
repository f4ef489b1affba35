import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { randomBytes } from 'node:crypto';
import { chmod, copyFile, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleService } from '../../tools/bundle/bundle-service.mjs';
import { makeHttpImage } from '../../tools/engine/images.mjs';
import { ensurePackages } from '../../tools/engine/packages.mjs';
import { secret } from '../../tools/test/known-secrets.mjs';
import { REPOSITORY } from '../testing/clone.js';
import { EngineView } from '../testing/engine-view.js';
import { eventually } from '../testing/eventually.js';
import { freePort } from '../testing/free-port.js';
import { keepDesiredState } from '../testing/kept-desired-state.js';
import { BootedSystemd } from './testing/booted-systemd.js';

const ENGINE = process.env['NEBULA_TEST_DOCKER_HOST'] ?? '';
const SYSTEMD = join(REPOSITORY, 'deploy', 'systemd');
const UNITS = ['nebula-api.service', 'nebula-worker.service'];
const LIB = 'usr/local/lib/nebula';
const LIMIT = 300_000;
const WAIT = 120_000;

let folder: string;
/** What `npm run bundle` makes. */
let bundles: string;

beforeAll(async () => {
  await ensurePackages(['systemd', 'shellcheck'], (line) => console.log(line));
  folder = await mkdtemp(join(tmpdir(), 'nebula-systemd-'));
  bundles = join(folder, 'dist');
  await mkdir(bundles);
  for (const service of ['api', 'worker'] as const) await bundleService(service, bundles);
}, LIMIT);

afterAll(async () => await rm(folder, { recursive: true, force: true }));

async function run(script: string, args: string[], env: Record<string, string>) {
  const { exitCode, all } = await execa('sh', [join(SYSTEMD, script), ...args], {
    ...{ env: { FROM: bundles, NODE: process.execPath, ...env }, all: true, reject: false },
  });
  return { code: exitCode, output: all };
}

/** Every file below a folder with its mode. */
async function files(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const modes = await Promise.all(
    paths.map(
      async (path) => `${((await stat(path)).mode & 0o777).toString(8)} ${path.slice(root.length + 1)}`,
    ),
  );
  return modes.filter((line) => !/nebula\/(node_modules|swagger-ui)\//.test(line)).sort();
}

describe('the units', () => {
  it('are right for systemd, and as hardened as a program that compiles can be', async () => {
    // The programs of the units have to be there, and the units to be where systemd finds their names.
    const root = join(folder, 'verified');
    await mkdir(root);
    for (const unit of UNITS) await copyFile(join(SYSTEMD, unit), join(root, unit));
    const paths = UNITS.map((unit) => join(root, unit));
    await execa('sed', ['-i', `s#/usr/bin/node #${process.execPath} #`, ...paths]);
    const { all: found } = await execa('systemd-analyze', ['verify', '--man=no', ...paths], { all: true });
    expect(found).toBe('');
    // 2.0 of 10 at most, by systemd's own measure.
    const args = ['security', '--no-pager', '--offline=true', '--threshold=20', ...paths];
    const { exitCode } = await execa('systemd-analyze', args, { reject: false });
    expect(exitCode).toBe(0);
  });

  it('come with scripts in which shellcheck finds nothing', async () => {
    const scripts = ['install.sh', 'uninstall.sh'].map((name) => join(SYSTEMD, name));
    const { exitCode, stdout } = await execa('shellcheck', scripts, { reject: false });
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
  });
});

describe('install.sh into a folder', () => {
  it('puts everything in its place, keeps what is configured, and is undone by uninstall.sh', async () => {
    const root = join(folder, 'package');
    expect(await run('install.sh', ['api', 'worker'], { DESTDIR: root })).toEqual({ code: 0, output: '' });
    expect(await files(root)).toEqual(
      [
        ...['600 etc/nebula/api.env', '600 etc/nebula/worker.env'],
        ...UNITS.map((unit) => `644 etc/systemd/system/${unit}`),
        ...[`644 ${LIB}/README.md`, `644 ${LIB}/nebula-api.mjs`, `644 ${LIB}/nebula-worker.mjs`],
        `755 ${LIB}/uninstall.sh`,
      ].sort(),
    );
    expect((await stat(join(root, 'etc/nebula'))).mode & 0o777).toBe(0o700);

    await writeFile(join(root, 'etc/nebula/worker.env'), 'APP_NAME=shop\n');
    await run('install.sh', ['worker'], { DESTDIR: root });
    const { stdout } = await execa('cat', [join(root, 'etc/nebula/worker.env')]);
    expect(stdout).toBe('APP_NAME=shop');

    expect(await run('uninstall.sh', [], { DESTDIR: root })).toEqual({ code: 0, output: '' });
    expect(await files(root)).toEqual(['600 etc/nebula/api.env', '600 etc/nebula/worker.env']);
    await run('uninstall.sh', ['--purge'], { DESTDIR: root });
    expect(await files(root)).toEqual([]);
  });

  it.each<[string, string[], Record<string, string>, RegExp]>([
    ['nothing', [], {}, /say what to install: api, worker, or both$/],
    ['an unknown service', ['worker', 'apy'], {}, /there is no service "apy": it must be api or worker$/],
    ['no bundle', ['worker'], { FROM: '/nowhere' }, /nebula-worker\.mjs is missing: run "npm run bundle"/],
    ['no node', ['worker'], { NODE: '/nowhere/node' }, /install Node 20\.19 or later, or set NODE/],
    ['a node that is too old', ['worker'], { NODE: 'old' }, /is v18\.0\.0, but 20\.19 or later is needed$/],
    [
      'a node in a home folder',
      ['worker'],
      { NODE: '/root/node' },
      /is in a home folder.*: set NODE to another/,
    ],
  ])('refuses %s in one sentence, and changes nothing', async (_what, args, env, message) => {
    const root = join(folder, 'refused');
    const old = join(folder, 'old-node');
    await writeFile(old, '#!/bin/sh\n[ "$1" = --version ] && echo v18.0.0\nexit 1\n');
    await chmod(old, 0o755);
    const inHome = env['NODE'] === '/root/node';
    if (inHome) await execa('ln', ['-sf', process.execPath, '/root/node']);
    const given = env['NODE'] === 'old' ? { ...env, NODE: old } : env;
    const { code, output } = await run('install.sh', args, { DESTDIR: root, ...given });
    if (inHome) await rm('/root/node');
    expect(code).toBe(1);
    expect(output).toMatch(message);
    expect(output).not.toContain('\n');
    await expect(stat(root)).rejects.toThrow('ENOENT');
  });
});

describe('the services on a machine with systemd', () => {
  const SCOPE = `e2e-${randomBytes(4).toString('hex')}`;
  const APP = `${SCOPE}-app`;
  const IMAGE = `nebula-systemd:${SCOPE}`;
  const engine = new EngineView(ENGINE);
  const password = secret(randomBytes(12).toString('hex'));
  let root: string;
  let machine: BootedSystemd;
  let ports: { api: number; worker: number };

  const answer = async (port: number, path: string) =>
    await (await fetch(`http://127.0.0.1:${port}${path}`)).json();
  const running = async () => await engine.containers(`nebula.scope=${SCOPE}`);

  async function configure(service: 'api' | 'worker', lines: string[]): Promise<void> {
    const broker = ['RABBIT_HOST=127.0.0.1:1', 'RABBIT_USER=nobody', `RABBIT_PASSWORD=${password}`];
    await writeFile(join(root, 'etc/nebula', `${service}.env`), [...broker, ...lines, ''].join('\n'));
  }

  beforeAll(async () => {
    root = join(folder, 'machine');
    const socket = new URL(ENGINE).pathname;
    machine = await BootedSystemd.boot(
      root,
      {
        '/opt/nebula': bundles,
        '/opt/systemd': SYSTEMD,
        '/opt/node': process.execPath,
        '/opt/docker.sock': socket,
      },
      { docker: (await stat(socket)).gid },
    );
    await makeHttpImage(ENGINE, IMAGE, { version: SCOPE });
    ports = { api: await freePort(), worker: await freePort() };
  }, LIMIT);

  afterAll(async () => {
    for (const { id } of await running()) await engine.docker.getContainer(id).remove({ force: true });
    for (const name of await engine.networks(`nebula.scope=${SCOPE}`))
      await engine.docker.getNetwork(name).remove();
    await engine.docker.getImage(IMAGE).remove({ force: true });
    await machine.powerOff();
  }, LIMIT);

  it(
    'are installed, and run with what is configured, with few rights',
    async () => {
      const env = { FROM: '/opt/nebula', NODE: '/opt/node' };
      const { code, output } = await machine.run(['sh', '/opt/systemd/install.sh', 'api', 'worker'], env);
      expect({ code, output }).toEqual({
        code: 0,
        output: ['api', 'worker']
          .map((name) => `Edit /etc/nebula/${name}.env, then run: systemctl start nebula-${name}`)
          .join('\n'),
      });
      await configure('api', ['MONGO_URL=mongodb://127.0.0.1:1/', `API_PORT=${ports.api}`]);
      await configure('worker', [
        ...[`APP_NAME=${APP}`, `SCOPE=${SCOPE}`, `WORKER_PORT=${ports.worker}`],
        ...['DOCKER_HOST=unix:///opt/docker.sock', `WORKER_POLICY='{"privileged": false}'`],
      ]);
      const spec = { app_name: APP, docker_image: IMAGE };
      await keepDesiredState(join(root, 'var/lib/private/nebula-worker'), 1, spec);
      expect(await machine.run(['systemctl', 'start', 'nebula-api', 'nebula-worker'])).toEqual({
        code: 0,
        output: '',
      });

      await eventually(async () => {
        expect(await answer(ports.api, '/healthz')).toMatchObject({ status: 'ok' });
        const { checks } = (await answer(ports.worker, '/readyz')) as {
          checks: { name: string; problem: unknown }[];
        };
        expect(checks.find(({ name }) => name === 'docker')).toEqual({ name: 'docker', problem: null });
        expect(await running()).toEqual([expect.objectContaining({ name: `${APP}-1`, running: true })]);
      }, WAIT);
      for (const unit of UNITS) {
        const pid = await machine.property(unit, 'MainPID');
        const { output: status } = await machine.run(['cat', `/proc/${pid}/status`]);
        expect(status).toMatch(/^Uid:\s+(6[1-5]\d{3})\s/m);
        expect(status).toMatch(/^CapEff:\s+0+$/m);
        expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
        expect(status).toMatch(/^Seccomp:\s+2$/m);
      }
      const { output: journal } = await machine.run(['journalctl', '--no-pager']);
      expect(journal).toContain('node[');
      expect(journal).not.toContain(password);
      expect((await machine.run(['stat', '-c', '%a %U', '/etc/nebula/worker.env'])).output).toBe('600 root');
    },
    LIMIT,
  );

  it(
    'are started again when they are killed, end in order, and leave the containers alone',
    async () => {
      const before = await running();
      for (const unit of UNITS) await machine.run(['systemctl', 'kill', '--signal=SIGKILL', unit]);
      await eventually(async () => {
        for (const unit of UNITS)
          expect([
            await machine.property(unit, 'NRestarts'),
            await machine.property(unit, 'ActiveState'),
          ]).toEqual([...['1', 'active']]);
        expect(await answer(ports.worker, '/healthz')).toMatchObject({ status: 'ok' });
        expect(await answer(ports.api, '/healthz')).toMatchObject({ status: 'ok' });
      }, WAIT);
      // An update: install.sh starts anew what runs.
      const env = { FROM: '/opt/nebula', NODE: '/opt/node' };
      expect(await machine.run(['sh', '/opt/systemd/install.sh', 'worker'], env)).toEqual({
        code: 0,
        output: '',
      });
      await eventually(
        async () => expect(await answer(ports.worker, '/healthz')).toMatchObject({ status: 'ok' }),
        WAIT,
      );

      for (const unit of UNITS) {
        await machine.run(['systemctl', 'stop', unit]);
        expect([
          await machine.property(unit, 'Result'),
          await machine.property(unit, 'ExecMainStatus'),
        ]).toEqual([...['success', '0']]);
      }
      expect(await running()).toEqual(before);
    },
    LIMIT,
  );

  it(
    'say in a line what is wrong with their configuration, and are tried again until it is mended',
    async () => {
      await configure('worker', ['APP_NAME=', `SCOPE=${SCOPE}`]);
      await machine.run(['systemctl', 'start', 'nebula-worker']);
      await eventually(async () => {
        const { output } = await machine.run(['journalctl', '--no-pager', '--unit', 'nebula-worker']);
        expect(output).toMatch(/app_name is missing: set APP_NAME/);
        expect(await machine.property('nebula-worker', 'ExecMainStatus')).toBe('78');
      }, WAIT);
      await configure('worker', [
        ...[`APP_NAME=${APP}`, `SCOPE=${SCOPE}`, `WORKER_PORT=${ports.worker}`],
        'DOCKER_HOST=unix:///opt/docker.sock',
      ]);
      await eventually(
        async () => expect(await answer(ports.worker, '/healthz')).toMatchObject({ status: 'ok' }),
        WAIT,
      );
    },
    LIMIT,
  );

  it(
    'are gone after uninstall.sh, and the containers are not',
    async () => {
      const before = await running();
      expect(before).toHaveLength(1);
      const script = `/${LIB}/uninstall.sh`;
      expect(await machine.run(['sh', script, '--purge'])).toEqual({ code: 0, output: '' });
      for (const unit of UNITS) expect(await machine.property(unit, 'LoadState')).toBe('not-found');
      for (const path of ['etc/nebula', 'usr-local/lib/nebula', 'var/lib/private/nebula-worker'])
        await expect(stat(join(root, path))).rejects.toThrow('ENOENT');
      expect(await running()).toEqual(before);
    },
    LIMIT,
  );
});
