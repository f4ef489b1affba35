import { expect, it } from '@jest/globals';
import type { EngineFactsCache } from '../agent/engine-facts-cache.js';
import { KeptLog } from '../agent/testing/kept-log.js';
import { WorkerLog } from '../worker-log.js';
import { ReportSender } from './report-sender.js';

const FACTS = {
  ...{ hostname: 'box', engine_version: '4.3.1', architecture: 'x86_64', cores: 2, memory_bytes: 1_024 },
};

function sender(engine_id: string | null, worker_id?: string): { sender: ReportSender; log: KeptLog } {
  const log = new KeptLog();
  const options = {
    reports: { publish: () => undefined },
    version: '3.0.0',
    ...(worker_id ? { worker_id } : {}),
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
