import { specDefaults } from '@nebula/contracts';

/** A spec and its app, for readers of the document. */
export const EXAMPLE_SPEC = {
  app_name: 'hello',
  docker_image: 'registry.example:5000/team/hello:1',
  starting_ports: [{ '8081': '80' }],
  containers_per: { server: 2 },
  env_vars: { GREETING: 'Hello' },
};

export const EXAMPLE_APP = {
  ...specDefaults(),
  ...EXAMPLE_SPEC,
  revision: 7,
  created_at: '2026-01-31T12:00:00.000Z',
  updated_at: '2026-01-31T12:30:00.000Z',
};

export const EXAMPLE_CHANGE = {
  pointer: '/docker_image',
  from: 'registry.example:5000/team/hello:1',
  to: 'registry.example:5000/team/hello:2',
  effect: 'replaces',
};

export const EXAMPLE_PREVIEW = {
  result: 'changed',
  revision: 7,
  spec: { ...specDefaults(), ...EXAMPLE_SPEC, docker_image: EXAMPLE_CHANGE.to },
  diff: [EXAMPLE_CHANGE],
  containers: 'replaced',
  replaced_by: ['/docker_image'],
  workers: { all: 42, offline: 2 },
};

export const EXAMPLE_ACCEPTED = { app_name: 'hello', revision: 8 };

export const EXAMPLE_STATUS = {
  app_name: 'hello',
  epoch: 1,
  revision: 7,
  since: '2026-01-31T12:30:00.000Z',
  deleted: false,
  running: true,
  as_of: '2026-01-31T12:31:09.001Z',
  summary: { converged: 1, converging: 0, failed: 0, offline: 0 },
  revisions: [{ epoch: 1, revision: 7, workers: 1 }],
  updates: { rolling: 0, done: 1, paused: 0, rolling_back: 0, rolled_back: 0 },
  images: [{ image_id: 'sha256:9d1c', workers: 1 }],
  convergence: { p50_seconds: 1.204, p99_seconds: 1.204 },
  regions: [{ region: 'default', epoch: 1, revision: 7, problem: null }],
  workers: [
    {
      worker_id: 'b3f1',
      hostname: 'edge-17',
      worker_version: '3.0.0',
      epoch: 1,
      revision: 7,
      position: 'current',
      state: 'converged',
      converged_at: '2026-01-31T12:30:01.204Z',
      seconds_to_converge: 1.204,
      containers: [
        {
          id: '4f2a6c1d9e0b',
          name: 'hello-1',
          replica: 1,
          state: 'running',
          health: 'none',
          image: 'registry.example:5000/team/hello:1',
          image_id: 'sha256:9d1c',
          ports: [{ host_port: 8081, container_port: 80 }],
          restart_count: 0,
        },
      ],
      last_error: null,
      progress: null,
      notices: [],
      update: { state: 'done', ready: 1, replicas: 1, back_to: null },
      reported_at: '2026-01-31T12:30:01.204Z',
      last_seen_at: '2026-01-31T12:31:07.951Z',
      duplicate_since: null,
    },
  ],
  next_cursor: null,
};

export const EXAMPLE_WAIT = {
  app_name: 'hello',
  epoch: 1,
  revision: 8,
  desired_revision: 8,
  deleted: false,
  outcome: 'timeout',
  as_of: '2026-01-31T12:31:09.001Z',
  converged: 41,
  pending: 1,
  offline: 2,
  waiting_for: [
    {
      worker_id: 'QGXO:3H7T:3IHU:SSDX:7V6N:2XQ5',
      hostname: 'edge-17',
      epoch: 1,
      revision: 8,
      state: 'failed',
      last_error: {
        step: 'pull',
        message: 'manifest for registry.example:5000/team/hello:2 not found',
        at: '2026-01-31T12:30:02.118Z',
        retry_at: '2026-01-31T12:30:12.118Z',
      },
      last_seen_at: '2026-01-31T12:31:07.951Z',
    },
  ],
};

export const EXAMPLE_WORKER = {
  worker_id: 'QGXO:3H7T:3IHU:SSDX:7V6N:2XQ5',
  state: 'online',
  hostname: 'edge-17',
  engine_version: '28.0.0',
  architecture: 'x86_64',
  cores: 8,
  memory_bytes: 16_777_216_000,
  worker_version: '3.0.0',
  labels: { rack: '7' },
  report_interval_seconds: 60,
  first_seen_at: '2026-01-30T08:00:00.000Z',
  last_seen_at: '2026-01-31T12:31:07.951Z',
  duplicate_since: null,
  apps: [
    {
      app_name: 'hello',
      epoch: 1,
      revision: 7,
      deleted: false,
      state: 'converged',
      converged_at: '2026-01-31T12:30:01.204Z',
      seconds_to_converge: 1.204,
      last_error: null,
      reported_at: '2026-01-31T12:30:01.204Z',
    },
  ],
};

export const EXAMPLE_EVENTS = [
  'id: 5f1c0a9be2d4-17-1769862600000',
  'event: app',
  'data: {"app_name":"hello","epoch":1,"revision":8,"deleted":false,"running":true,"updated_at":"2026-01-31T12:30:00.000Z"}',
  '',
  'id: 5f1c0a9be2d4-18-1769862601204',
  'event: convergence',
  'data: {"app_name":"hello","epoch":1,"revision":8,"summary":{"converged":41,"converging":1,"failed":0,"offline":2}}',
  '',
  'id: 5f1c0a9be2d4-19-1769862604310',
  'event: update',
  'data: {"app_name":"hello","epoch":1,"revision":8,"updates":{"rolling":0,"done":41,"paused":1,"rolling_back":0,"rolled_back":0}}',
  '',
  '',
].join('\n');
