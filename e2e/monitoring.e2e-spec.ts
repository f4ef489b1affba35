import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeHttpImage } from '../tools/engine/images.mjs';
import { freePort } from '../tools/services/free-port.mjs';
import { promtool, startPrometheus } from '../tools/services/prometheus.mjs';
import { type Broker, startBroker } from '../tools/services/rabbitmq.mjs';
import { noteSecretVariables } from '../tools/test/known-secrets.mjs';
import { REPOSITORY } from './testing/clone.js';
import { EngineView } from './testing/engine-view.js';
import { eventually } from './testing/eventually.js';
import { ServiceProcess } from './testing/service-process.js';

const ENGINE = process.env['NEBULA_TEST_DOCKER_HOST'] ?? '';
const SCOPE = `e2e-${randomBytes(4).toString('hex')}`;
const LABEL = `nebula.scope=${SCOPE}`;
const IMAGE = 'nebula-monitoring:1';
const MONITORING = join(REPOSITORY, 'deploy', 'monitoring');
const LIMIT = 120_000;

const LOGIN = { AUTH_TOKEN: randomBytes(24).toString('hex') };
const VHOST = { RABBIT_VHOST: 'nebula' };
const API_USER = { RABBIT_USER: 'nebula-api', RABBIT_PASSWORD: randomBytes(8).toString('hex') };
const WORKER_USER = { RABBIT_USER: 'nebula-worker', RABBIT_PASSWORD: randomBytes(8).toString('hex') };

interface Panel {
  title: string;
  targets?: { expr: string }[];
}

const view = new EngineView(ENGINE);
const services: ServiceProcess[] = [];
let folder: string;
let broker: Broker;
let prometheus: { url: string; stop: () => Promise<void> } | undefined;
let api: string;
let worker: string;

function service(name: string, args: string[], environment: Record<string, string>): ServiceProcess {
  const made = new ServiceProcess({ name, folder, args, environment });
  services.push(made);
  return made;
}

const program = (name: string) => join(REPOSITORY, 'apps', name, 'dist', 'main.js');

async function ask(method: string, path: string, body?: object): Promise<Response> {
  const headers = { authorization: `Bearer ${LOGIN.AUTH_TOKEN}`, 'content-type': 'application/json' };
  return await fetch(api + path, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
}

/** What Prometheus answers, an empty list when it knows nothing. */
async function query(expression: string): Promise<{ value: [number, string] }[]> {
  const form = new URLSearchParams({ query: expression });
  const answer = await fetch(`${prometheus?.url}/api/v1/query`, { method: 'POST', body: form });
  const { status, error, data } = (await answer.json()) as {
    status: string;
    error?: string;
    data?: { result: { value: [number, string] }[] };
  };
  expect({ expression, status, error }).toEqual({ expression, status: 'success', error: undefined });
  return data?.result ?? [];
}

beforeAll(async () => {
  noteSecretVariables({ ...LOGIN, ...API_USER });
  noteSecretVariables(WORKER_USER);
  folder = await mkdtemp(join(tmpdir(), 'nebula-e2e-monitoring-'));
  [broker] = await Promise.all([
    startBroker({ folder: join(folder, 'rabbitmq') }),
    makeHttpImage(ENGINE, IMAGE, { version: '1' }),
  ]);
  const RABBIT_HOST = broker.hosts.join();
  const setup = service('setup-broker', [program('api'), 'setup-broker'], {
    ...{ ...API_USER, ...VHOST, RABBIT_HOST, RABBIT_WORKER_USER: WORKER_USER.RABBIT_USER },
    ...{ RABBIT_WORKER_PASSWORD: WORKER_USER.RABBIT_PASSWORD, RABBIT_ADMIN_USER: broker.admin.user },
    ...{
      RABBIT_ADMIN_PASSWORD: broker.admin.password,
      RABBIT_MANAGEMENT_URL: broker.managementUrls[0] ?? '',
    },
  });
  if ((await setup.run()) !== 0) throw new Error(setup.output);
  const [API_PORT, WORKER_PORT] = [String(await freePort()), String(await freePort())];
  api = `http://127.0.0.1:${API_PORT}`;
  worker = `http://127.0.0.1:${WORKER_PORT}`;
  service('api', [program('api')], {
    ...{ ...LOGIN, ...API_USER, ...VHOST, RABBIT_HOST, API_PORT, VERIFY_INTERVAL_SECONDS: '1' },
    SQLITE_FILE: join(folder, 'nebula.db'),
  }).start();
  service('worker', [program('worker')], {
    ...{ ...WORKER_USER, ...VHOST, RABBIT_HOST, WORKER_PORT, APP_NAME: 'watched', SCOPE },
    ...{ DOCKER_HOST: ENGINE, STATE_DIR: join(folder, 'worker'), REPORT_INTERVAL_SECONDS: '1' },
  }).start();
  await writeFile(join(folder, 'nebula-token'), LOGIN.AUTH_TOKEN, { mode: 0o600 });
  const config = (await readFile(join(MONITORING, 'prometheus.yml'), 'utf8'))
    .replace('scrape_configs:', 'global: { scrape_interval: 1s, evaluation_interval: 1s }\nscrape_configs:')
    .replace('credentials_file: nebula-token', `credentials_file: ${join(folder, 'nebula-token')}`)
    .replace('127.0.0.1:8000', `127.0.0.1:${API_PORT}`)
    .replace('127.0.0.1:8001', `127.0.0.1:${WORKER_PORT}`)
    .replace('alerts.yaml', join(MONITORING, 'alerts.yaml'));
  prometheus = await startPrometheus({ folder: join(folder, 'prometheus'), config });
}, 600_000);

afterAll(async () => {
  await prometheus?.stop();
  for (const each of services) await each.kill();
  const containers = await view.containers(LABEL);
  await Promise.all(
    containers.map(({ id }) => view.docker.getContainer(id).remove({ force: true, v: true })),
  );
  await view.removeLeftNetwork();
  await broker?.remove();
  await rm(folder, { recursive: true, force: true });
}, LIMIT);

describe('Prometheus, with an api and a worker as they run on servers', () => {
  it(
    'scrapes both, the api with a token',
    async () => {
      await eventually(async () => {
        expect((await query('up == 1')).length).toBe(2);
        expect((await query('nebula_worker_ready == 1')).length).toBe(3);
        expect((await query('nebula_api_ready == 1')).length).toBe(3);
      }, LIMIT);
      expect((await fetch(`${api}/metrics`)).status).toBe(401);
    },
    LIMIT,
  );

  it(
    'counts a change on its way, and a container that was removed by hand and is back',
    async () => {
      const spec = { app_name: 'watched', docker_image: IMAGE };
      expect((await ask('POST', '/api/v3/apps', spec)).status).toBe(201);
      const converged = async () =>
        expect((await query('nebula_app_workers{app="watched",state="converged"} == 1')).length).toBe(1);
      await eventually(converged, LIMIT);
      expect((await ask('PATCH', '/api/v3/apps/watched', { env_vars: { STEP: '2' } })).status).toBe(200);
      await eventually(async () => {
        expect((await query('nebula_worker_feed_lag_seconds_count > 0')).length).toBe(1);
        expect((await query('nebula_convergence_seconds_count > 1')).length).toBe(1);
        await converged();
      }, LIMIT);
      const [container] = await view.containers(LABEL);
      await view.docker.getContainer(container?.id ?? '').remove({ force: true, v: true });
      await eventually(async () => {
        expect((await query('nebula_worker_drift_repairs_total > 0')).length).toBe(1);
        expect((await query('nebula_worker_containers{state="running"} == 1')).length).toBe(1);
      }, LIMIT);
    },
    LIMIT,
  );

  it('finds nothing against the names, kinds and words of the metrics', async () => {
    const texts = [
      await (await ask('GET', '/metrics')).text(),
      await (await fetch(`${worker}/metrics`)).text(),
    ];
    for (const text of texts) {
      expect(text).toMatch(/^nebula_/m);
      expect(await promtool(['check', 'metrics'], folder, { input: text })).toEqual({ code: 0, output: '' });
    }
  });

  it(
    'has an answer to every query of the dashboard',
    async () => {
      const { panels } = JSON.parse(await readFile(join(MONITORING, 'dashboard.json'), 'utf8')) as {
        panels: Panel[];
      };
      const queries = panels.flatMap(({ title, targets = [] }) =>
        targets.map(({ expr }) => ({ title, expr: expr.replaceAll('$__rate_interval', '1m') })),
      );
      expect(queries.length).toBeGreaterThan(30);
      await eventually(async () => {
        const found = await Promise.all(queries.map(async ({ expr }) => (await query(expr)).length));
        const empty = queries.filter((_, index) => found[index] === 0);
        expect(empty.map(({ title, expr }) => `${title}: ${expr}`)).toEqual([]);
      }, LIMIT);
    },
    LIMIT,
  );

  it('evaluates every alert rule, and has none to tell of a fleet that is well', async () => {
    const answer = await fetch(`${prometheus?.url}/api/v1/rules`);
    const { data } = (await answer.json()) as {
      data: { groups: { rules: { name: string; health: string; state: string }[] }[] };
    };
    const rules = data.groups.flatMap((group) => group.rules);
    expect(rules.length).toBeGreaterThan(10);
    expect(rules.filter(({ health, state }) => health !== 'ok' || state === 'firing')).toEqual([]);
  });
});
