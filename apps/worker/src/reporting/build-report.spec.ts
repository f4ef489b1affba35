import { expect, test } from '@jest/globals';
import { MAX_REPORT_BYTES, parseReport, type WorkerReport } from '@nebula/contracts';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { desiredApp, rightContainer } from '../reconcile/testing/builders.js';
import { buildReport } from './build-report.js';

const FACTS = {
  ...{ hostname: 'box', engine_version: '20.10', architecture: 'x86_64', cores: 2, memory_bytes: 1024 },
  ...{ worker_version: '3.0.0', labels: {} },
};

test('a report has the protocols and addresses of ports, and how often a container was healed', () => {
  const app = desiredApp({
    starting_ports: [{ '127.0.0.1:53': '53/udp' }, 80],
    containers_per: { server: 1 },
  });
  const containers = [rightContainer(app, 1), rightContainer(app, 2)];
  const snapshot = {
    ...({ epoch: 0, revision: 1, deleted: false, state: 'converged', error: null } as const),
    ...{ containers, unhealthy_restarts: { c1: 3, gone: 1 } },
    update: { state: 'rolled_back', ready: 2, replicas: 2, back_to: 7 } as const,
    notices: ['this server can not limit pids'],
  };
  const notes = { refusal: null, copy: null, progress: null };
  const body = buildReport('w1', FACTS, 'web', snapshot, notes);
  expect(body.containers).toMatchObject([{ unhealthy_restarts: 3 }, {}]);
  expect(body.update).toEqual(snapshot.update);
  expect(body.notices).toEqual(snapshot.notices);
  expect(body.containers[1]).not.toHaveProperty('unhealthy_restarts');
  expect(body.containers[0]?.ports).toEqual([
    { host_port: 53, container_port: 53, protocol: 'udp', host_address: '127.0.0.1' },
    { host_port: 80, container_port: 80 },
  ]);
  const sent: unknown = JSON.parse(JSON.stringify({ ...body, boot_nonce: 'b1', sequence: 1 }));
  expect(parseReport(sent)).toEqual({ ok: true, value: sent });
});

test.each([
  ['1,000 containers of 20 ports are reported whole', 1_000, 20, true],
  ['of more than a message may hold the first ones are, and the others are counted', 1_000, 30, false],
])('%s', (_case, replicas, ports, isWhole) => {
  const starting_ports = Array.from({ length: ports }, (_, n) => ({ [20_000 + 1_000 * n]: 80 + n }));
  const app = desiredApp({ starting_ports, containers_per: { server: replicas } });
  const one = rightContainer(app, 1);
  const all = Array.from({ length: replicas }, (_, n) => ({
    ...one,
    ...{ id: 'c'.repeat(64), name: `web-${n + 1}`, replica: n + 1 },
    image_id: n < 950 ? 'sha256:new' : 'sha256:old',
    state: n === replicas - 1 ? ('exited' as const) : ('running' as const),
  }));
  const snapshot = {
    ...({ epoch: 0, revision: 1, deleted: false, state: 'converging', error: null } as const),
    ...{ containers: all, unhealthy_restarts: {}, notices: Array<string>(20).fill('something') },
    update: { state: 'rolling', ready: replicas - 1, replicas, back_to: null } as const,
  };
  const notes = { refusal: null, copy: null, progress: null };
  const body = buildReport('w1', FACTS, 'web', snapshot, notes);
  const sent = JSON.stringify({ ...body, boot_nonce: 'b'.repeat(36), sequence: 2 ** 53 - 1 });
  expect(Buffer.byteLength(sent)).toBeLessThanOrEqual(MAX_REPORT_BYTES);
  expect(body.update).toEqual(snapshot.update);
  if (isWhole) return expect(body.containers).toHaveLength(replicas);
  expect(parseReport(JSON.parse(sent)).ok).toBe(true);
  const { length } = body.containers;
  // One of each image is among them, so that it is seen which there are.
  const lowest = all.slice(0, length - 1).map(({ replica }) => replica);
  expect(body.containers.map(({ replica }) => replica)).toEqual([...lowest, 951]);
  // Not fewer than fit.
  expect(Buffer.byteLength(sent)).toBeGreaterThan(MAX_REPORT_BYTES - 10_000);
  expect(body.notices).toHaveLength(20);
  expect(body.notices?.[0]).toBe(
    `${length} of 1000 containers are listed, since a report has at most 1048576 bytes; 999 of all run`,
  );
});

const RECORDED = join(import.meta.dirname, '../../../../libs/contracts/src/fixtures');

test('this version reports as the newest recorded one has; else it needs a recording of its own', () => {
  const versions = readdirSync(RECORDED).filter((name) => /^\d/.test(name));
  const newest = versions.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1) ?? '';
  const text = readFileSync(join(RECORDED, newest, 'report.json'), 'utf8');
  const recorded = JSON.parse(text) as WorkerReport;
  const [container] = recorded.containers;
  if (!container || !recorded.last_error) throw new Error('the recorded report has too little');
  const { unhealthy_restarts = 0, ...observed } = container;
  const snapshot = {
    ...{ epoch: recorded.epoch, revision: recorded.revision, deleted: false, state: recorded.state },
    containers: [{ ...rightContainer(desiredApp({}), 1), ...observed }],
    unhealthy_restarts: { [container.id]: unhealthy_restarts },
    error: {
      ...recorded.last_error,
      at: Date.parse(recorded.last_error.at),
      retry_at: Date.parse(recorded.last_error.retry_at ?? ''),
    },
    update: recorded.update ?? null,
  };
  const notes = { refusal: null, copy: null, progress: recorded.progress };
  const body = buildReport(recorded.worker_id, recorded.worker, recorded.app_name, snapshot, notes);
  const { boot_nonce, sequence } = recorded;
  expect(JSON.parse(JSON.stringify({ ...body, boot_nonce, sequence }))).toEqual(recorded);
});
