import { expect, it } from '@jest/globals';
import type { WorkerMessage } from '@nebula/contracts';
import { appOn, reportOf, workerOf } from '../store/testing/records.js';
import { foldMessages, justConverged, timeTaken } from './fold-messages.js';

const NOW = 5_000;

it('several messages make one write, with the newest report of each app', () => {
  const before = workerOf('worker-1', { version: 4, apps: [appOn('old')] });
  const messages = [
    reportOf({ sequence: 2, state: 'converging' }),
    reportOf({ sequence: 4, app_name: 'web' }),
    reportOf({ sequence: 3 }),
    reportOf({ sequence: 3, revision: 99 }),
  ];
  const { change, reports, gone, verdicts } = foldMessages(before, messages, NOW);
  expect(change?.before).toBe(before);
  expect(change?.after).toMatchObject({ version: 5, boots: [{ sequence: 4 }] });
  expect(change?.after.apps.map(({ app_name, sequence }) => [app_name, sequence])).toEqual([
    ['old', 1],
    ['shop', 3],
    ['web', 4],
  ]);
  expect(reports.map(({ report }) => [report.app_name, report.sequence, report.revision])).toEqual([
    ['shop', 3, 1],
    ['web', 4, 1],
  ]);
  expect(gone).toEqual([]);
  expect(verdicts).toEqual({ fresh: 3, stale: 1, duplicate: 0 });
});

it('a worker that was never heard of begins with version 1', () => {
  const { change } = foldMessages(null, [reportOf()], NOW);
  expect(change).toMatchObject({ before: null, after: { version: 1 } });
});

it('what changes nothing makes no write', () => {
  const { report, schema } = { report: reportOf({ sequence: 4 }), schema: 1 };
  const { worker_id, boot_nonce, worker } = report;
  const old = { schema, worker_id, boot_nonce, worker, sequence: 1, apps: [], interval_seconds: 60 };
  const before = workerOf('worker-1', { last_seen_at: NOW });
  expect(foldMessages(before, [{ ...old, kind: 'heartbeat' }], NOW)).toMatchObject({
    change: null,
    reports: [],
  });
});

it('reports of apps that are listed no more are not kept', () => {
  const before = workerOf('worker-1', { apps: [appOn('shop'), appOn('web')] });
  const { schema, worker_id, boot_nonce, worker } = reportOf();
  const head = { schema, worker_id, boot_nonce, worker, sequence: 3, interval_seconds: 60 };
  const messages = [reportOf({ sequence: 2 }), { ...head, kind: 'heartbeat' as const, apps: [] }];
  const { reports, gone } = foldMessages(before, messages, NOW);
  expect(reports).toEqual([]);
  expect(gone).toEqual(['shop', 'web']);
});

it('reports of apps that are gone are looked for where some may be left, and not with each heartbeat', () => {
  const { schema, worker_id, boot_nonce, worker } = reportOf();
  const heartbeat = (sequence: number, apps: string[], nonce = boot_nonce): WorkerMessage => ({
    ...{ schema, kind: 'heartbeat', worker_id, boot_nonce: nonce, worker, sequence, interval_seconds: 60 },
    apps: apps.map((app_name) => ({ app_name, epoch: 1, revision: 1, deleted: false, state: 'converged' })),
  });
  const before = workerOf('worker-1', { apps: [appOn('shop'), appOn('web')] });
  const tidied = (...messages: WorkerMessage[]) => foldMessages(before, messages, NOW).tidied;
  expect(tidied(heartbeat(2, ['shop', 'web']), heartbeat(3, ['shop', 'web']))).toBeNull();
  expect(tidied(reportOf({ sequence: 2, revision: 2 }))).toBeNull();
  expect(tidied(reportOf({ sequence: 1 }))).toBeNull();
  expect(tidied(heartbeat(2, ['web']))?.apps).toMatchObject([{ app_name: 'web' }]);
  expect(tidied(heartbeat(2, ['shop', 'web', 'zoo']))).not.toBeNull();
  expect(tidied(heartbeat(1, ['shop', 'web'], 'boot-2'))).not.toBeNull();
  // One that was taken already, after which the store may have gone away.
  expect(tidied(heartbeat(1, ['shop', 'web']))).not.toBeNull();
  // All of a fleet are new once.
  expect(foldMessages(null, [reportOf()], NOW).tidied).toBeNull();
});

it('an app has just converged when it had not before, at this position', () => {
  const apps = [
    appOn('same'),
    appOn('later', { revision: 2, converged_at: 9 }),
    appOn('at the same moment', { revision: 2 }),
    appOn('new'),
    appOn('not yet', { converged_at: null }),
  ];
  const before = workerOf('a', {
    apps: [appOn('same'), appOn('later'), appOn('at the same moment'), appOn('not yet')],
  });
  const names = justConverged({ before, after: { ...before, apps } }).map(({ app_name }) => app_name);
  expect(names).toEqual(['later', 'at the same moment', 'new']);
});

it.each<[string, number | null, { listed_at: number; converged_at: number | null }]>([
  ['from the change on', 2_500, { listed_at: 0, converged_at: 12_500 }],
  ['from the change on when it was listed soon after', 2_500, { listed_at: 10_900, converged_at: 12_500 }],
  ['from when it was listed, well after the change', 500, { listed_at: 900_000, converged_at: 900_500 }],
  ['not at all before it has converged', null, { listed_at: 0, converged_at: null }],
  ['as nothing when clocks differ', 0, { listed_at: 0, converged_at: 9_900 }],
])('time is measured %s', (_case, expected, app) => {
  expect(timeTaken(app, 10_000, 60_000)).toBe(expected);
});
