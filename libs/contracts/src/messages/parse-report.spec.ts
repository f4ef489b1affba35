import { describe, expect, it } from '@jest/globals';
import { parseReport, parseWorkerMessage, type WorkerReport } from '../index.js';

const REPORT: WorkerReport = {
  schema: 1,
  kind: 'report',
  worker_id: 'w1',
  boot_nonce: 'b1',
  sequence: 4,
  worker: {
    hostname: 'edge-1',
    engine_version: '20.10.24',
    architecture: 'x86_64',
    cores: 8,
    memory_bytes: 2 ** 34,
    worker_version: '3.0.0',
    labels: { rack: '7' },
  },
  app_name: 'shop',
  epoch: 0,
  revision: 7,
  deleted: false,
  state: 'failed',
  containers: [
    {
      id: 'abc',
      name: 'shop-1',
      replica: 1,
      state: 'running',
      health: 'none',
      image: 'shop:1',
      image_id: 'sha256:00',
      ports: [{ host_port: 81, container_port: 80 }],
      restart_count: 0,
    },
  ],
  last_error: { step: 'pull', message: 'manifest unknown', at: '2026-01-31T12:00:00.000Z', retry_at: null },
  progress: null,
};

function places(input: unknown): string[] {
  const result = parseReport(JSON.parse(JSON.stringify(input)));
  return result.ok ? [] : result.problems.map(({ pointer }) => pointer);
}

describe('parseReport', () => {
  it.each([
    ['a report', REPORT],
    [
      'one without containers and errors',
      { ...REPORT, containers: [], last_error: null, state: 'converged' },
    ],
    [
      'ports with a protocol and an address, and restarts of what was unhealthy',
      {
        ...REPORT,
        containers: [
          {
            ...REPORT.containers[0],
            ports: [
              { host_port: 53, container_port: 53, protocol: 'udp', host_address: '127.0.0.1' },
              { host_port: 53, container_port: 53, host_address: '::1' },
            ],
            unhealthy_restarts: 2,
          },
        ],
      },
    ],
    [
      'one of an update that is taken back',
      { ...REPORT, update: { state: 'rolling_back', ready: 1, replicas: 3, back_to: 6 } },
    ],
    ['one with something to say', { ...REPORT, notices: ['this server can not limit pids'] }],
    ['one of something that takes long', { ...REPORT, progress: 'pulling shop:2 from docker.io' }],
    [
      'one that knows when it tries again',
      { ...REPORT, last_error: { ...REPORT.last_error, retry_at: '2026-01-31T12:00:05Z' } },
    ],
  ])('takes %s', (_case, report) => {
    expect(parseReport(JSON.parse(JSON.stringify(report)))).toEqual({ ok: true, value: report });
  });

  it('takes what the first workers sent, which had no kind and no labels', () => {
    const { kind: _kind, progress: _progress, worker, ...rest } = REPORT;
    const { labels: _labels, ...facts } = worker;
    const recorded = JSON.parse(JSON.stringify({ ...rest, worker: facts })) as unknown;
    const expected = { ok: true, value: { ...REPORT, worker: { ...facts, labels: {} } } };
    expect(parseReport(recorded)).toEqual(expected);
    expect(parseWorkerMessage(recorded)).toEqual(expected);
  });

  it('refuses a kind that is none, however deep it is', () => {
    const told = (kind: string) => {
      const result = parseWorkerMessage(JSON.parse(`{"kind":${kind}}`));
      return result.ok ? [] : result.problems;
    };
    const message = 'must be "report" or "heartbeat"';
    expect(told('"news"')).toEqual([{ pointer: '/kind', value: 'news', message }]);
    expect(told('7')).toEqual([{ pointer: '/kind', value: 7, message: `${message}, not a number` }]);
    expect(told('null')).toEqual([{ pointer: '/kind', value: null, message: `${message}, not null` }]);
    const lists = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const objects = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
    expect(told(lists)).toEqual([{ pointer: '/kind', message: `${message}, not a list` }]);
    expect(told(objects)).toEqual([{ pointer: '/kind', message: `${message}, not an object` }]);
  });

  it('ignores fields of newer workers at every depth', () => {
    const [container] = REPORT.containers;
    const newer = {
      ...REPORT,
      schema: 2,
      queue: 3,
      worker: { ...REPORT.worker, gpus: 1 },
      containers: [
        { ...container, ports: [{ host_port: 81, container_port: 80, family: 'ip4' }], exit_code: 1 },
      ],
    };
    expect(parseReport(newer)).toEqual({ ok: true, value: { ...REPORT, schema: 2 } });
  });

  it.each<[string, object, string[]]>([
    ['an unknown state', { state: 'fine' }, ['/state']],
    [
      'a container that is none',
      { containers: [null, 5, [], 'x'] },
      ['/containers/3', '/containers/2', '/containers/0', '/containers/1'],
    ],
    ['an object of containers', { containers: {} }, ['/containers']],
    [
      'a bad port',
      { containers: [{ ...REPORT.containers[0], ports: [{ host_port: 0, container_port: 'x' }] }] },
      ['/containers/0/ports/0/host_port', '/containers/0/ports/0/container_port'],
    ],
    [
      'a protocol, an address and restarts that are none',
      {
        containers: [
          {
            ...REPORT.containers[0],
            ports: [{ host_port: 81, container_port: 80, protocol: 'icmp', host_address: '' }],
            unhealthy_restarts: null,
          },
        ],
      },
      [
        '/containers/0/ports/0/protocol',
        '/containers/0/ports/0/host_address',
        '/containers/0/unhealthy_restarts',
      ],
    ],
    ['facts that are none', { worker: [] }, ['/worker']],
    [
      'missing facts',
      { worker: { ...REPORT.worker, cores: undefined, memory_bytes: -1 } },
      ['/worker/cores', '/worker/memory_bytes'],
    ],
    ['another kind', { kind: 'heartbeat' }, ['/kind']],
    ['labels that are none', { worker: { ...REPORT.worker, labels: ['rack'] } }, ['/worker/labels']],
    [
      'a label that is no text',
      { worker: { ...REPORT.worker, labels: { rack: 7 } } },
      ['/worker/labels/rack'],
    ],
    [
      'an update that is none',
      { update: { state: 'fine', ready: -1, replicas: 3, back_to: 'x' } },
      ['/update/state', '/update/ready', '/update/back_to'],
    ],
    ['notices that are none', { notices: 'x' }, ['/notices']],
    ['too long notices', { notices: ['x', 'x'.repeat(1_025), 5] }, ['/notices/1', '/notices/2']],
    ['an error that is none', { last_error: 'x' }, ['/last_error']],
    [
      'an error without its time',
      { last_error: { ...REPORT.last_error, at: 'x', retry_at: 5 } },
      ['/last_error/at', '/last_error/retry_at'],
    ],
    ['an empty id', { worker_id: '' }, ['/worker_id']],
    ['a long id', { worker_id: 'x'.repeat(256) }, ['/worker_id']],
    ['an unsafe sequence', { sequence: 2 ** 53 }, ['/sequence']],
  ])('refuses %s', (_case, change, expected) => {
    expect(places({ ...REPORT, ...change }).sort()).toEqual([...expected].sort());
  });

  it('says what is allowed', () => {
    const result = parseReport({ ...REPORT, state: 'fine', sequence: -1 });
    expect(result).toEqual({
      ok: false,
      problems: [
        { pointer: '/sequence', value: -1, message: 'must be a whole number, 0 to 9007199254740991' },
        {
          pointer: '/state',
          value: 'fine',
          message: 'must be one of the following values: converged, converging, failed',
        },
      ],
    });
  });
});
