import { expect, test } from '@jest/globals';
import { parseReport } from '@nebula/contracts';
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
