import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeHttpImage } from '../../tools/engine/images.mjs';
import { startLoad } from '../../tools/load/http-load.mjs';
import { makePrometheusImage } from '../../tools/services/compose.mjs';
import { addedMegabytes, buildNebulaImage, ensureNebulaBase } from '../../tools/services/nebula-images.mjs';
import { secret } from '../../tools/test/known-secrets.mjs';
import { DocumentBlocks } from '../testing/document-blocks.js';
import { EngineView, type SeenContainer } from '../testing/engine-view.js';
import { eventually } from '../testing/eventually.js';
import { freePort } from '../testing/free-port.js';
import { ChangeLoad } from './testing/change-load.js';
import { COMPOSE_LIMIT as LIMIT, COMPOSE_NAME, ComposeBed } from './testing/compose-bed.js';
import { composeEvents } from './testing/compose-events.js';

const ENGINE = process.env['NEBULA_TEST_DOCKER_HOST'] ?? '';
const IMAGE = 'nebula-composed:1';
/** Images are built from the sources, with all that they need from the package registry. */
const PREPARE_LIMIT = 1_200_000;
/** Of the images of Nebula: nobody in particular. */
const USER = 65_532;
/** Apps that no worker lists, for changes that touch no container. */
const IDLE = ['idle-1', 'idle-2', 'idle-3', 'idle-4'];

const blocks = new DocumentBlocks(import.meta.filename);
const engine = new EngineView(ENGINE);
let bed: ComposeBed;

beforeAll(async () => {
  bed = await ComposeBed.prepare(ENGINE);
  await makeHttpImage(ENGINE, IMAGE, { version: '1' });
}, PREPARE_LIMIT);

afterAll(async () => await bed.end(), LIMIT);

const containers = (): Promise<SeenContainer[]> => engine.containers('nebula.app=shop');

it(
  'docker compose build makes the images, on the base that .env names',
  async () => {
    await bed.stack.run('build');
    const layers = async (name: string) => (await engine.docker.getImage(name).inspect()).RootFS.Layers ?? [];
    const base = await layers(await ensureNebulaBase(ENGINE));
    for (const name of ['nebula-api:composed', 'nebula-worker:composed']) {
      const all = await layers(name);
      expect(all.slice(0, base.length)).toEqual(base);
      expect(all.length).toBeGreaterThan(base.length);
    }
    expect(await addedMegabytes(ENGINE, 'nebula-api:composed')).toBeLessThan(11);
  },
  PREPARE_LIMIT,
);

it(
  'the stack starts in order, and every service with a check is healthy',
  async () => {
    const events = await composeEvents(engine.docker, COMPOSE_NAME, () => bed.start());
    const of = (service: string, action: string) =>
      events.filter((event) => event.service === service && event.action === action);
    const started = (service: string) => Math.min(...of(service, 'start').map(({ time }) => time));
    /** When a condition held of the last container of a service. */
    const since = (service: string, action: string, count = 1) => {
      expect(of(service, action)).toHaveLength(count);
      return Math.max(...of(service, action).map(({ time }) => time));
    };
    const HEALTHY = 'health_status: healthy';
    expect(started('setup-broker')).toBeGreaterThan(since('rabbitmq', HEALTHY));
    expect(of('setup-broker', 'die')).toMatchObject([{ exitCode: '0' }]);
    expect(started('api')).toBeGreaterThan(since('setup-broker', 'die'));
    expect(started('api')).toBeGreaterThan(since('mongo', HEALTHY));
    expect(started('worker')).toBeGreaterThan(since('setup-broker', 'die'));
    expect(started('haproxy')).toBeGreaterThan(since('api', HEALTHY, 2));
    since('haproxy', HEALTHY);
    expect(await bed.apis()).toHaveLength(2);
    expect((await fetch(`${bed.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${bed.url}/api/v3/apps`)).status).toBe(401);
    expect(await bed.api.isReady()).toBe(true);
  },
  LIMIT,
);

it('it runs our programs as nobody in particular, with nothing to write to but their volumes', async () => {
  for (const service of ['api', 'worker']) {
    const [first] = await engine.containers(`com.docker.compose.service=${service}`);
    const { Config, HostConfig } = await engine.docker.getContainer(first?.id ?? '').inspect();
    expect(Config.User).toMatch(new RegExp(`^${USER}:\\d+$`));
    expect(HostConfig).toMatchObject({ ReadonlyRootfs: true, CapDrop: ['ALL'] });
    expect(Config.Env.filter((line) => /PASSWORD=|MONGO_URL=|SECRET_KEYS=/.test(line))).toEqual([]);
  }
});

it(
  'it deploys an app, with a secret',
  async () => {
    await bed.api.create({
      ...{ app_name: 'shop', docker_image: IMAGE, containers_per: { server: 2 } },
      ...{ env_vars: { TOKEN: 'hunter2-in-compose' }, secret_env_vars: ['TOKEN'] },
    });
    await bed.converged('shop');
    const seen = await containers();
    expect(seen.map(({ running, environment }) => [running, environment['TOKEN']])).toEqual([
      [true, 'hunter2-in-compose'],
      [true, 'hunter2-in-compose'],
    ]);
  },
  LIMIT,
);

it(
  'the image of the command line speaks to it',
  async () => {
    const image = await buildNebulaImage(ENGINE, 'nebulactl');
    const wish = { name: 'command-line', rights: 'ro' };
    const { token } = await bed.api.ask<{ token: string }>('POST', '/tokens', wish);
    const variables = { NEBULA_URL: bed.url, NEBULA_TOKEN: secret(token) };
    const names = Object.keys(variables).flatMap((name) => ['--env', name]);
    const { stdout } = await execa(
      'docker',
      ['run', '--rm', '--read-only', '--network', 'host', ...names, image, 'app', 'list'],
      { env: { ...variables, DOCKER_HOST: ENGINE } },
    );
    expect(stdout).toMatch(/^shop .*nebula-composed:1/m);
    expect(await addedMegabytes(ENGINE, image)).toBeLessThan(0.5);
  },
  PREPARE_LIMIT,
);

it(
  'Prometheus finds the apis and the worker, with the override that docs/monitoring.md has',
  async () => {
    const { token } = await bed.api.ask<{ token: string }>('POST', '/tokens', {
      ...{ name: 'prometheus', rights: 'ro' },
    });
    const secrets = join(bed.folder, 'secrets');
    await writeFile(join(secrets, 'prometheus_token'), secret(token), { mode: 0o444 });
    const listen = `127.0.0.1:${await freePort()}`;
    const { text: override } = blocks.take('docs/monitoring.md', 'With Docker Compose', 1);
    const ours = override
      .replace(/image: prom\/prometheus:.*/, `image: ${await makePrometheusImage(ENGINE)}`)
      .replace('127.0.0.1:9090', listen)
      .replace('./secrets/', `${secrets}/`);
    const watched = await bed.startWith(ours, 'prometheus', 'worker');
    const ask = async <T>(path: string) => (await (await fetch(`http://${listen}${path}`)).json()) as T;
    await eventually(async () => {
      const { data } = await ask<{ data: { result: { metric: { job: string } }[] } }>(
        '/api/v1/query?query=up%20%3D%3D%201',
      );
      const jobs = data.result.map(({ metric }) => metric.job).sort();
      expect(jobs).toEqual(['nebula-api', 'nebula-api', 'nebula-worker']);
    }, LIMIT);
    const { data } = await ask<{ data: { groups: object[] } }>('/api/v1/rules');
    expect(data.groups.length).toBeGreaterThan(0);
    await watched.run('rm', '--stop', '--force', '--volumes', 'prometheus');
    await engine.docker.getVolume('nebula-composed_prometheus').remove();
  },
  LIMIT,
);

it(
  'no reading request fails when an api is killed, which comes back by itself, and a change only if it was being made',
  async () => {
    for (const app_name of IDLE) await bed.api.create({ app_name, docker_image: IMAGE });
    const { token } = await bed.api.ask<{ token: string }>('POST', '/tokens', { name: 'load', rights: 'ro' });
    const load = startLoad(`${bed.url}/api/v3/apps/shop`, {
      rate: 100,
      headers: { authorization: `Bearer ${token}` },
    });
    const changes = new ChangeLoad(bed.url, bed.authorization, IDLE);
    const goesOn = async () => {
      const [read, changed] = [load.answered(), changes.changed];
      await eventually(async () => {
        expect(load.answered()).toBeGreaterThan(read + 200);
        expect(changes.changed).toBeGreaterThan(changed + 50);
      }, LIMIT);
    };
    await goesOn();
    const [victim] = await bed.apis();
    const { State } = await engine.docker.getContainer(victim?.id ?? '').inspect();
    process.kill(State.Pid, 'SIGKILL');
    await eventually(async () => {
      const after = await engine.docker.getContainer(victim?.id ?? '').inspect();
      expect([after.RestartCount, after.State.Health?.Status]).toEqual([1, 'healthy']);
    }, LIMIT);
    await goesOn();
    await changes.end();
    const { failed, failures } = await load.end();
    expect({ failed, failures }).toEqual({ failed: 0, failures: {} });

    // Each app has one change on its way at a time, so no more of them can have been at the api that was killed.
    expect(changes.failed.length).toBeLessThanOrEqual(IDLE.length);
    for (const { status, repeated } of changes.failed) {
      // HAProxy breaks a connection off on which it has answered before.
      expect([0, 502, 503, 504]).toContain(status);
      expect(repeated).toBe(200);
    }
    for (const app of IDLE) {
      const { env_vars } = await bed.api.ask<{ env_vars: object }>('GET', `/apps/${app}`);
      expect(env_vars).toEqual({ STEP: changes.last.get(app) });
    }
  },
  LIMIT,
);

it(
  'no app is touched when it is restarted, or removed and started again',
  async () => {
    const before = await containers();
    await bed.stack.run('restart', '--timeout', '20');
    await bed.apisAreHealthy();
    await bed.converged('shop');
    expect(await containers()).toEqual(before);

    await bed.stack.run('down', '--timeout', '20');
    expect(await containers()).toEqual(before);
    await bed.start();
    await bed.converged('shop');
    expect(await containers()).toEqual(before);
  },
  2 * LIMIT,
);

it(
  'a backup of it brings everything back when all volumes are lost, and touches no app',
  async () => {
    const backups = join(bed.folder, 'backups');
    await mkdir(backups, { mode: 0o700 });
    await chown(backups, USER, USER);
    const run = ['run', '--rm', '--volume', `${backups}:/backups`, 'api'];
    expect(await bed.stack.run(...run, 'backup', '/backups/nebula')).toContain('/backups/nebula has 5 apps');
    const before = await containers();
    await bed.stack.run('down', '--volumes', '--timeout', '20');
    expect(await bed.stack.run(...run, 'restore', '/backups/nebula')).toContain('restored: 5 apps');
    await bed.start();
    await bed.converged('shop');
    expect(await containers()).toEqual(before);
    // Encrypted with the key that is among the secrets.
    await bed.api.change('shop', { containers_per: { server: 1 } });
    await bed.converged('shop');
    expect(await containers()).toEqual(before.slice(0, 1));
  },
  2 * LIMIT,
);

it(
  'it takes in the worker of another server, of compose.worker.yaml, which runs what it lists',
  async () => {
    await bed.startAlone();
    await eventually(async () => {
      const { items } = await bed.api.ask<{ items: object[] }>('GET', '/workers');
      expect(items).toContainEqual(
        expect.objectContaining({ worker_id: 'alone', state: 'online', labels: { zone: 'far' } }),
      );
    }, LIMIT);
    await bed.api.create({ app_name: 'other', docker_image: IMAGE });
    await bed.converged('other');
    expect(await engine.containers('nebula.scope=alone')).toMatchObject([{ name: 'other-1', running: true }]);
  },
  LIMIT,
);

it('no block of the pages is left', () => expect(blocks.left).toEqual([]));
