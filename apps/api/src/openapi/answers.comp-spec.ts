import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EventReader } from '../events/testing/event-reader.js';
import { reportOf } from '../store/testing/records.js';
import { ApiUnderTest, type RequestParts } from '../testing/api-under-test.js';
import { eventually } from '../testing/eventually.js';
import { ApiDocument } from './testing/api-document.js';

let api: ApiUnderTest;
let document: ApiDocument;
let engine: string | null = null;

beforeAll(async () => {
  api = await ApiUnderTest.start({ readiness: [{ name: 'docker', problem: async () => engine }] });
  document = await ApiDocument.of(api);
  await api.create('shop', { starting_ports: [{ '81': '80' }], env_vars: { A: '1' } });
  api.broker.reports.publish(
    reportOf({
      state: 'failed',
      containers: [
        {
          ...{ id: '4f2a', name: 'shop-1', replica: 1, state: 'exited', health: 'none', image: 'shop:1' },
          ...{ image_id: 'sha256:9d1c', restart_count: 2, unhealthy_restarts: 1 },
          ports: [
            { host_port: 81, container_port: 80 },
            { host_port: 53, container_port: 53, protocol: 'udp', host_address: '127.0.0.1' },
          ],
        },
      ],
      last_error: { step: 'start', message: 'no', at: '2026-01-31T12:00:00.000Z', retry_at: null },
    }),
  );
  await eventually(async () =>
    expect((await api.call('GET', '/apps/shop/status')).body).toMatchObject({ summary: { failed: 1 } }),
  );
});

afterAll(async () => {
  await api.stop();
});

const SPEC = { json: { docker_image: 'shop:1' } };
const STALE = { headers: { 'if-match': '"99"' } };
const NO_TAG = { headers: { 'if-match': '99' } };
const FOREIGN = { headers: { origin: 'http://shop.example' } };
const TEXT = { body: 'x', headers: { 'content-type': 'text/plain' } };
const BROKEN = { body: '{', headers: { 'content-type': 'application/json' } };
const HUGE = { body: ' '.repeat(300_000), headers: { 'content-type': 'application/json' } };

/** Requests by operation, with the statuses that they meet; an app called `new-…` is not there. */
const REQUESTS: Record<string, [path: string, parts: RequestParts, status: number][]> = {
  listApps: [
    ['/apps', {}, 200],
    ['/apps?limit=0', {}, 422],
  ],
  createApp: [
    ['/apps?dry_run=true', { json: { app_name: 'new-1', docker_image: 'shop:1' } }, 201],
    ['/apps', { json: { app_name: 'new-1', docker_image: 'shop:1' } }, 201],
    ['/apps', { json: { app_name: 'shop', docker_image: 'shop:1' } }, 409],
    ['/apps', { json: { app_name: '-', running: [1], x: 1 } }, 422],
    ...bodies('/apps'),
  ],
  getApp: [
    ['/apps/shop', {}, 200],
    ['/apps/shop', { headers: { 'if-none-match': '*' } }, 304],
    ['/apps/nobody', {}, 404],
    ...preconditions('/apps/shop', {}),
  ],
  putApp: [
    ['/apps/new-2', SPEC, 201],
    ['/apps/new-2', SPEC, 200],
    ['/apps/shop?dry_run=true', SPEC, 200],
    ['/apps/shop', { json: { docker_image: '' } }, 422],
    ...bodies('/apps/shop'),
    ...preconditions('/apps/shop', SPEC),
  ],
  patchApp: [
    ['/apps/shop?dry_run=true', { json: { starting_ports: [90, '91'], command: ['a'] } }, 200],
    ['/apps/shop', { json: { env_vars: { B: '2' } } }, 200],
    ['/apps/nobody', { json: {} }, 404],
    ['/apps/shop', { json: { docker_image: null } }, 422],
    ...bodies('/apps/shop'),
    ...preconditions('/apps/shop', { json: {} }),
  ],
  ...Object.fromEntries(
    ['start', 'stop', 'restart', 'roll', 'release', 'prune'].map((action) => {
      const path = `/apps/shop/${action}`;
      return [
        `${action}App`,
        [
          [`${path}?dry_run=true`, {}, 202],
          [`${path}?reason=tried%20once`, {}, 202],
          [`${path}?dry_run=yes`, {}, 422],
          [`/apps/nobody/${action}`, {}, 404],
          ...noBody(path),
          ...preconditions(path, {}),
        ],
      ];
    }),
  ),
  pruneAll: [['/prune?dry_run=true', {}, 202], ['/prune', {}, 202], ...noBody('/prune')],
  applyApps: [
    ['/apply?dry_run=true', { json: { apps: [{ app_name: 'new-3', docker_image: 'shop:1' }] } }, 200],
    ['/apply', { json: { apps: [{ app_name: 'new-3', docker_image: 'shop:1' }] } }, 200],
    ['/apply', { json: { apps: [{ app_name: '-' }] } }, 422],
    [
      '/apply',
      { json: { apps: [{ app_name: 'new-3', docker_image: 'shop:1' }], expected: { shop: null } } },
      412,
    ],
    ['/apply', { body: 'apps: [', headers: { 'content-type': 'application/yaml' } }, 400],
    ['/apply', FOREIGN, 403],
    ['/apply', BROKEN, 400],
    ['/apply', { ...HUGE, body: ' '.repeat(1_100_000) }, 413],
    ['/apply', TEXT, 415],
  ],
  exportApps: [
    ['/export', {}, 200],
    ['/export?prefix=-', {}, 422],
  ],
  listRevisions: [
    ['/apps/shop/revisions', {}, 200],
    ['/apps/nobody/revisions', {}, 404],
    ['/apps/shop/revisions?limit=0', {}, 422],
  ],
  getRevision: [
    ['/apps/shop/revisions/1', {}, 200],
    ['/apps/shop/revisions/99', {}, 404],
    ['/apps/shop/revisions/1?x=1', {}, 422],
  ],
  diffRevisions: [
    ['/apps/shop/diff?from=1', {}, 200],
    ['/apps/shop/diff?from=99', {}, 404],
    ['/apps/shop/diff?to=x', {}, 422],
  ],
  rollbackApp: [
    ['/apps/shop/rollback', { json: { to: 1 } }, 200],
    ['/apps/shop/rollback?dry_run=true', { json: { to: 2 } }, 200],
    ['/apps/shop/rollback', { json: { to: 99 } }, 404],
    ['/apps/nobody/rollback', { json: { to: 1 } }, 404],
    ['/apps/shop/rollback', { json: { to: 'x' } }, 422],
    ...bodies('/apps/shop/rollback'),
    ...preconditions('/apps/shop/rollback', { json: { to: 1 } }),
  ],
  getAppStatus: [
    ['/apps/shop/status', {}, 200],
    ['/apps/nobody/status', {}, 404],
    ['/apps/shop/status?limit=x', {}, 422],
  ],
  waitForApp: [
    ['/apps/shop/wait?timeout=0', {}, 200],
    ['/apps/nobody/wait?timeout=0', {}, 404],
    ['/apps/shop/wait?timeout=x', {}, 422],
  ],
  deleteApp: [
    ['/apps/nobody', {}, 404],
    ['/apps/shop?dry_run=true', {}, 202],
    ...noBody('/apps/shop'),
    ...preconditions('/apps/shop', {}),
    ['/apps/shop', {}, 202],
  ],
  listOrphans: [
    ['/orphans', {}, 200],
    ['/orphans?limit=x', {}, 422],
  ],
  listWorkers: [
    ['/workers', {}, 200],
    ['/workers?limit=x', {}, 422],
  ],
  getWorker: [
    ['/workers/worker-1', {}, 200],
    ['/workers/nobody', {}, 404],
  ],
  forgetWorker: [
    ['/workers/nobody', {}, 404],
    ['/workers/worker-1', {}, 409],
    ['/workers/worker-1?dry_run=maybe', {}, 422],
    ...noBody('/workers/worker-1'),
  ],
  listTokens: [
    ['/tokens', {}, 200],
    ['/tokens?limit=x', {}, 422],
  ],
  createToken: [
    ['/tokens?dry_run=true', { json: { name: 'ci', rights: 'rw', apps: ['shop-*'] } }, 201],
    ['/tokens', { json: { name: 'ci', rights: 'rw', apps: ['shop-*'] } }, 201],
    ['/tokens', { json: { name: 'ci', rights: 'ro' } }, 409],
    ['/tokens', { json: { name: '-', rights: 'admin', apps: [], x: 1 } }, 422],
    ...bodies('/tokens'),
  ],
  getToken: [
    ['/tokens/ci', {}, 200],
    ['/tokens/nobody', {}, 404],
  ],
  revokeToken: [
    ...noBody('/tokens/ci'),
    ['/tokens/ci?dry_run=true', {}, 200],
    ['/tokens/ci', {}, 204],
    ['/tokens/ci', {}, 404],
  ],
  // The stream itself has no end; what comes on it is looked at below.
  streamEvents: [['/events?app=a%20b', {}, 422]],
  getHealth: [
    ['//healthz', {}, 200],
    ['//healthz?x=1', {}, 422],
  ],
  getReadiness: [['//readyz', {}, 200]],
  getDiagnostics: [
    ['/diagnostics', {}, 200],
    ['/diagnostics?x=1', {}, 422],
  ],
  getMetrics: [
    ['//metrics', {}, 200],
    ['//metrics?x=1', {}, 422],
  ],
};

type Requests = [string, RequestParts, number][];

function bodies(path: string): Requests {
  return [
    [path, FOREIGN, 403],
    [path, BROKEN, 400],
    [path, {}, 400],
    [path, HUGE, 413],
    [path, TEXT, 415],
  ];
}

function noBody(path: string): Requests {
  return [
    [path, FOREIGN, 403],
    [path, BROKEN, 400],
    [path, HUGE, 413],
    [path, TEXT, 415],
    [path, { json: { force: true } }, 422],
  ];
}

function preconditions(path: string, parts: RequestParts): Requests {
  return [
    [path, { ...parts, ...STALE }, 412],
    [path, { ...parts, ...NO_TAG }, 400],
  ];
}

describe('every answer is as the document tells', () => {
  it.each(Object.keys(REQUESTS))('%s', async (operationId) => {
    const call = document.calls.find(({ operation }) => operation.operationId === operationId);
    if (!call) throw new Error(`the document knows no ${operationId}`);
    for (const [path, parts, status] of REQUESTS[operationId] ?? []) {
      const answer = await api.call(call.method, path, parts);
      expect({ path, status: answer.status }).toEqual({ path, status });
      document.expectTold(call, answer);
    }
  });

  it('of every operation that there is', () => {
    const ids = document.calls.map(({ operation }) => operation.operationId);
    expect(ids.sort()).toEqual(Object.keys(REQUESTS).sort());
  });

  it('also where something is missing', async () => {
    engine = 'no engine answers';
    const call = document.calls.find(({ operation }) => operation.operationId === 'getReadiness');
    if (!call) throw new Error('the document knows no readiness');
    const answer = await eventually(async () => {
      const found = await api.call('GET', '//readyz');
      expect(found.status).toBe(503);
      return found;
    });
    document.expectTold(call, answer);
  });
});

it('every event is as the document tells', async () => {
  await api.create('followed');
  const reader = await EventReader.open(`${api.url}/api/v3/events?app=followed`);
  const { operation } = document.calls.find((call) => call.operation.operationId === 'streamEvents') ?? {};
  const [type] = reader.headers.get('content-type')?.split(';') ?? [];
  expect(Object.keys(operation?.responses['200']?.content ?? {})).toEqual([type]);
  await reader.got('start');
  await api.call('POST', '/apps/followed/restart');
  const update = { state: 'paused', ready: 0, replicas: 1, back_to: null } as const;
  const about = { app_name: 'followed', revision: 2, state: 'failed' } as const;
  api.broker.reports.publish(reportOf({ ...about, worker_id: 'follower', update }));
  const schemas = {
    ...{ start: 'FleetEvent', app: 'AppEvent', convergence: 'ConvergenceEvent' },
    update: 'UpdateEvent',
  };
  for (const [kind, schema] of Object.entries(schemas)) {
    const { data } = await reader.got(kind);
    expect({ kind, flaws: document.flawsOf(schema, data) }).toEqual({ kind, flaws: null });
  }
  reader.leave();
});

describe('the documentation', () => {
  it('is a page that loads nothing from elsewhere', async () => {
    const page = await api.call('GET', '//docs');
    expect(page).toMatchObject({ status: 200 });
    const sources = [...String(page.body).matchAll(/(?:src|href)="([^"]+)"/g)].map(
      ([, source]) => source ?? '',
    );
    expect(sources.length).toBeGreaterThan(3);
    for (const source of sources) {
      expect(source).toMatch(/^\.\/docs\//);
      expect((await api.call('GET', `//${source.slice(2)}`)).status).toBe(200);
    }
    const script = await api.call('GET', '//docs/swagger-ui-init.js');
    expect(String(script.body)).toContain('"validatorUrl": null');
    expect(String(script.body)).toContain('"operationId": "createApp"');
  });
});
