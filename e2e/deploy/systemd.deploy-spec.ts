import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleService } from '../../tools/bundle/bundle-service.mjs';
import { makeHttpImage } from '../../tools/engine/images.mjs';
import { freePort } from '../../tools/services/free-port.mjs';
import { startMongo } from '../../tools/services/mongo.mjs';
import { type Broker, startBroker } from '../../tools/services/rabbitmq.mjs';
import { secret } from '../../tools/test/known-secrets.mjs';
import { REPOSITORY } from '../testing/clone.js';
import { DocumentBlocks } from '../testing/document-blocks.js';
import { EngineView } from '../testing/engine-view.js';
import { eventually } from '../testing/eventually.js';
import { FleetApi } from '../testing/fleet-api.js';
import { keepDesiredState } from '../testing/kept-desired-state.js';
import { readiness } from '../testing/readiness.js';
import { ServiceProcess } from '../testing/service-process.js';
import { BootedSystemd } from './testing/booted-systemd.js';
import { makeHome } from './testing/documented-home.js';

const ENGINE = process.env['NEBULA_TEST_DOCKER_HOST'] ?? '';
const SYSTEMD = join(REPOSITORY, 'deploy', 'systemd');
const UNITS = ['nebula-api.service', 'nebula-worker.service'];
const LIMIT = 300_000;
const WAIT = 120_000;
const PAGE = 'deploy/systemd/README.md';

const blocks = new DocumentBlocks(import.meta.filename);

let folder: string;
/** What `npm run bundle` makes. */
let bundles: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-systemd-'));
  bundles = join(folder, 'dist');
  await mkdir(bundles);
  for (const service of ['api', 'worker'] as const) await bundleService(service, bundles);
}, LIMIT);

afterAll(async () => await rm(folder, { recursive: true, force: true }));

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

  /** @param broker host of one; that of nobody when absent */
  async function configure(
    service: 'api' | 'worker',
    lines: string[],
    broker = '127.0.0.1:1',
    folder = 'etc/nebula',
  ): Promise<void> {
    const user = [`RABBIT_HOST=${broker}`, `RABBIT_USER=nebula-${service}`, `RABBIT_PASSWORD=${password}`];
    await writeFile(join(root, folder, `${service}.env`), [...user, ...lines, ''].join('\n'));
  }

  /** As the documents say, with the same password for all. */
  async function setUpBroker({ hosts, admin, managementUrls }: Broker): Promise<void> {
    const setup = new ServiceProcess({
      ...{ name: 'setup-broker', folder, args: [join(bundles, 'nebula-api.mjs'), 'setup-broker'] },
      environment: {
        ...{ RABBIT_HOST: hosts.join(), RABBIT_VHOST: 'nebula', RABBIT_USER: 'nebula-api' },
        ...{ RABBIT_PASSWORD: password, RABBIT_MANAGEMENT_URL: managementUrls[0] ?? '' },
        ...{ RABBIT_WORKER_USER: 'nebula-worker', RABBIT_WORKER_PASSWORD: password },
        ...{ RABBIT_ADMIN_USER: admin.user, RABBIT_ADMIN_PASSWORD: admin.password },
      },
    });
    if ((await setup.run()) !== 0) throw new Error(setup.output);
  }

  /** By what an api has beside its bundle. */
  async function hashed(text: string): Promise<string> {
    const script = 'require("@node-rs/argon2").hash(process.env.TEXT).then((hash) => console.log(hash))';
    const { stdout } = await execa(process.execPath, ['-e', script], { cwd: bundles, env: { TEXT: text } });
    return stdout;
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
    await makeHome(root);
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
      const [install, edit, start] = blocks.take(PAGE, 'Api and worker as services of systemd').exactly(3);
      const told = (name: string) => `Edit /etc/nebula/${name}.env, then run: systemctl start nebula-${name}`;
      expect(await machine.type(install)).toBe(told('worker'));
      await configure(
        'worker',
        [
          ...[`APP_NAME=${APP}`, `SCOPE=${SCOPE}`, `WORKER_PORT=${ports.worker}`],
          ...['DOCKER_HOST=unix:///opt/docker.sock', `WORKER_POLICY='{"privileged": false}'`],
        ],
        undefined,
        'root',
      );
      await machine.type(edit);
      const env = { FROM: '/opt/nebula', NODE: '/opt/node' };
      expect(await machine.run(['sh', '/opt/systemd/install.sh', 'api', 'worker'], env)).toEqual({
        code: 0,
        output: ['api', 'worker'].map(told).join('\n'),
      });
      await configure('api', ['MONGO_URL=mongodb://127.0.0.1:1/', `API_PORT=${ports.api}`]);
      const spec = { app_name: APP, docker_image: IMAGE };
      await keepDesiredState(join(root, 'var/lib/private/nebula-worker'), 1, spec);
      expect(await machine.type(start)).toBe('');
      expect(await machine.run(['systemctl', 'start', 'nebula-api'])).toEqual({ code: 0, output: '' });

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
        await machine.type(blocks.inline('systemctl stop nebula-worker').replace('nebula-worker', unit));
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
    'are ready with a broker and a database, take a login by its hash, and deploy an app',
    async () => {
      const [broker, database] = await Promise.all([
        startBroker({ folder: join(folder, 'rabbitmq') }),
        startMongo(() => undefined),
      ]);
      try {
        await setUpBroker(broker);
        const login = secret(randomBytes(12).toString('hex'));
        const hash = await hashed(login);
        expect(hash).toMatch(/^\$argon2id\$/);
        const [host] = broker.hosts;
        await configure(
          'api',
          [
            ...[`MONGO_URL=${database.url}`, 'RABBIT_VHOST=nebula', `API_PORT=${ports.api}`],
            ...['BASIC_AUTH_USER=admin', `BASIC_AUTH_PASSWORD=${hash}`],
          ],
          host,
        );
        await configure(
          'worker',
          [
            ...['RABBIT_VHOST=nebula', `APP_NAME=${APP}`, `SCOPE=${SCOPE}`, `WORKER_PORT=${ports.worker}`],
            ...['DOCKER_HOST=unix:///opt/docker.sock', 'REPORT_INTERVAL_SECONDS=1'],
          ],
          host,
        );
        await machine.run(['systemctl', 'start', ...UNITS]);
        await eventually(async () => {
          for (const port of [ports.api, ports.worker])
            expect(await readiness(String(port))).toMatchObject({ status: 200 });
        }, WAIT);

        const url = `http://127.0.0.1:${ports.api}`;
        const as = (text: string) => ({
          authorization: `Basic ${Buffer.from(`admin:${text}`).toString('base64')}`,
        });
        expect((await new FleetApi(url, as('another')).call('GET', '/apps')).status).toBe(401);
        const api = new FleetApi(url, as(login));
        await api.create({ app_name: APP, docker_image: IMAGE });
        await api.change(APP, { env_vars: { STEP: 'by the feed' } });
        await eventually(async () => {
          expect(await api.wait(APP, 5)).toMatchObject({ outcome: 'converged', converged: 1 });
        }, WAIT);
        expect(await running()).toMatchObject([
          { name: `${APP}-1`, running: true, environment: { STEP: 'by the feed' } },
        ]);
        const [backUp] = blocks.take('docs/backup.md', 'Back up', 3).exactly(1);
        expect(await machine.type(backUp)).toContain('has 1 app');
        expect(await readdir(join(root, 'backups'))).toEqual([expect.stringMatching(/^nebula-[-\d]{10}$/)]);
      } finally {
        await machine.run(['systemctl', 'stop', ...UNITS]);
        await database.remove();
        await broker.remove();
      }
    },
    LIMIT,
  );

  it(
    'say in a line what is wrong with their configuration, and are tried again until it is mended',
    async () => {
      await configure('worker', ['APP_NAME=', `SCOPE=${SCOPE}`]);
      await machine.run(['systemctl', 'start', 'nebula-worker']);
      await eventually(async () => {
        const journal = await machine.type(blocks.inline('journalctl -u nebula-worker'));
        expect(journal).toMatch(/app_name is missing: set APP_NAME/);
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
      const uninstall = blocks.inline('sudo sh /usr/local/lib/nebula/uninstall.sh');
      expect(await machine.type(`${uninstall} --purge`)).toBe('');
      for (const unit of UNITS) expect(await machine.property(unit, 'LoadState')).toBe('not-found');
      for (const path of ['etc/nebula', 'usr-local/lib/nebula', 'var/lib/private/nebula-worker'])
        await expect(stat(join(root, path))).rejects.toThrow('ENOENT');
      expect(await running()).toEqual(before);
    },
    LIMIT,
  );
});

it('no block of the pages is left', () => expect(blocks.left).toEqual([]));
