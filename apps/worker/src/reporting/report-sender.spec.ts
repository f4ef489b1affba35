import { expect, it } from '@jest/globals';
import type { EngineFactsCache } from '../agent/engine-facts-cache.js';
import { KeptLog } from '../agent/testing/kept-log.js';
import { WorkerLog } from '../worker-log.js';
import { ReportSender } from './report-sender.js';

const FACTS = {
  ...{ hostname: 'box', engine_version: '4.3.1', architecture: 'x86_64', cores: 2, memory_bytes: 1_024 },
};

function sender(
  engine_id: string | null,
  worker_id?: string,
  report_user?: string,
): { sender: ReportSender; log: KeptLog } {
  const log = new KeptLog();
  const options = {
    reports: { publish: () => undefined },
    version: '3.0.0',
    ...(worker_id ? { worker_id } : {}),
    ...(report_user ? { report_user } : {}),
  };
  const facts = { ...FACTS, engine_id };
  const engine = { latest: facts, told: facts } as unknown as EngineFactsCache;
  return { sender: new ReportSender(options, engine, new WorkerLog({ logger: log })), log };
}

it('a worker whose engine has no id that stays reports as nobody, and says once what is missing', () => {
  const { sender: nobody, log } = sender(null);
  for (let times = 0; times < 3; times += 1) expect(nobody.identity()).toBeNull();
  expect(nobody.problem()).toMatch(/^worker_id must be set: /);
  expect(log.lines.map(({ message }) => message)).toEqual([nobody.problem()]);
});

it.each([
  ['the id of its engine', 'e1', undefined, 'e1'],
  ['its own, whatever its engine has', 'e1', 'w1', 'w1'],
  ['its own where its engine has none', null, 'w1', 'w1'],
])('a worker has %s', (_what, engine_id, worker_id, expected) => {
  const { sender: somebody, log } = sender(engine_id, worker_id);
  expect(somebody.identity()).toMatchObject({ worker_id: expected, worker: { hostname: 'box' } });
  expect([somebody.problem(), log.lines]).toEqual([null, []]);
});

it.each([
  ['its own', 'e1', undefined, 'nebula-worker.e1'],
  ['its own, by the id that it is given', 'e1', 'w1', 'nebula-worker.w1'],
  ['that of all workers', 'e1', undefined, 'nebula-worker'],
  ['that of all workers, of another name', 'e1', 'w1', 'edge.w2'],
])('a worker may report with the user %s', (_what, engine_id, worker_id, user) => {
  const { sender: somebody, log } = sender(engine_id, worker_id, user);
  expect(somebody.identity()).not.toBeNull();
  expect([somebody.refusal(), log.lines]).toEqual([null, []]);
});

it.each([
  ['the id of its engine', 'e1', undefined, 'e1'],
  ['the id that it is given', 'e1', 'w1', 'w1'],
])('a worker with %s and the user of another says once that nobody hears it', (_what, engine, given, id) => {
  const { sender: another, log } = sender(engine, given, 'nebula-worker.w2');
  expect(another.refusal()).toBe(
    `the api drops what this worker reports: with the user nebula-worker.w2 only the worker "w2" may report, and this is "${id}"; set worker_id to "w2", or rabbit_user to nebula-worker.${id} with its password`,
  );
  for (let times = 0; times < 3; times += 1) expect(another.identity()).toMatchObject({ worker_id: id });
  expect(log.lines.map(({ message }) => message)).toEqual([another.refusal()]);
  // What runs here is in order.
  expect(another.problem()).toBeNull();
});
