import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { WorkerMessage } from '@nebula/contracts';
import type { AppSelection } from '@nebula/messaging';
import { Clock } from '../clock.js';
import type { ContainerRuntime, EngineFacts } from '../container-runtime/container-runtime.js';
import { Heartbeats } from '../reporting/heartbeats.js';
import { Reporter } from '../reporting/reporter.js';
import { ReportSender } from '../reporting/report-sender.js';
import { WorkerLog } from '../worker-log.js';
import { EngineFactsCache } from './engine-facts-cache.js';
import type { KeptFacts } from './kept-facts.js';
import { KeptLog } from './testing/kept-log.js';

const KEPT = {
  ...{ engine_id: 'e1', hostname: 'box', engine_version: '28.0', architecture: 'x86_64' },
  ...{ cores: 2, memory_bytes: 1_024 },
};

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

it.each<AppSelection>([{ kind: 'all' }, { kind: 'listed', apps: ['web'] }])(
  'nothing is told from what is kept until the engine has failed to answer: a heartbeat would know no app (%j)',
  async (selection) => {
    const messages: WorkerMessage[] = [];
    const log = new WorkerLog({ logger: new KeptLog() });
    let refuse = (_reason: Error): void => undefined;
    const facts = () => new Promise<EngineFacts>((_resolve, reject) => (refuse = reject));
    const kept = { newest: KEPT } as unknown as KeptFacts;
    const engine = new EngineFactsCache({ facts } as unknown as ContainerRuntime, log, kept);
    const reports = { publish: (message: WorkerMessage) => void messages.push(message) };
    const sender = new ReportSender({ reports, version: '3.0.0' }, engine, log);
    const clock = new Clock();
    const reporter = new Reporter(sender, new Heartbeats({ selection }, sender, clock), clock);

    reporter.start();
    const asked = engine.facts();
    // More than a heartbeat, too.
    jest.advanceTimersByTime(90_000);
    expect(messages).toEqual([]);

    refuse(new Error('the engine does not answer'));
    await expect(asked).rejects.toThrow('the engine does not answer');
    const failed = { epoch: 1, revision: 1, deleted: false, state: 'failed' } as const;
    reporter.snapshot('web', { ...failed, containers: [], unhealthy_restarts: {}, error: null });
    jest.advanceTimersByTime(500);
    expect(messages).toMatchObject([
      { kind: 'report', worker_id: 'e1', app_name: 'web' },
      { kind: 'heartbeat', worker_id: 'e1', apps: [{ app_name: 'web', state: 'failed' }] },
    ]);
    reporter.close();
  },
);
