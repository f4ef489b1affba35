import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WorkerHeartbeat, WorkerMessage, WorkerReport } from '@nebula/contracts';
import type { AppSelection } from '@nebula/messaging';
import { Test, type TestingModule } from '@nestjs/testing';
import { searchForSecrets } from '../../../../../tools/test/known-secrets.mjs';
import { Clock } from '../../clock.js';
import { ContainerRuntime } from '../../container-runtime/container-runtime.js';
import { eventually } from '../../container-runtime/testing/eventually.js';
import { DesiredStateInbox } from '../../desired-state/desired-state-inbox.js';
import type { WorkerPolicy } from '../../reconcile/worker-policy.js';
import type { ImageOptions } from '../../worker-options.js';
import type { UpdateOptions } from '../../worker-options.js';
import { WorkerModule } from '../../worker.module.js';
import { KeptLog } from './kept-log.js';
import { validMessage } from './valid-message.js';
import { MemoryEngine } from './memory-engine.js';
import { DirectFeed } from './direct-feed.js';

/** Real time, with the shortest backoffs that chance can give. */
class LuckyClock extends Clock {
  override random(): number {
    return 1;
  }
}

export interface WorkerSettings {
  selection?: AppSelection;
  parallelism?: number;
  resync_seconds?: number;
  clock?: Clock;
  worker_id?: string;
  worker_policy?: WorkerPolicy;
  updates?: UpdateOptions;
  worker_labels?: Record<string, string>;
  report_interval_seconds?: number;
  images?: ImageOptions;
  /** The engine itself when absent. */
  runtime?: ContainerRuntime;
}

/** The whole worker over an engine in memory. It can be closed and started again on the same state folder. */
export class WorkerUnderTest {
  readonly reports: WorkerReport[] = [];
  readonly heartbeats: WorkerHeartbeat[] = [];
  /** All of them, in order. */
  readonly messages: WorkerMessage[] = [];
  readonly log = new KeptLog();
  private module: TestingModule | null = null;
  private readonly abandoned: TestingModule[] = [];

  private constructor(
    readonly engine: MemoryEngine,
    readonly stateDir: string,
  ) {}

  static async open(engine = new MemoryEngine()): Promise<WorkerUnderTest> {
    const stateDir = await mkdtemp(join(tmpdir(), 'nebula-worker-'));
    for (const version of [1, 2, 3]) engine.images.set(`shop:${version}`, `id of shop:${version}`);
    engine.networks.set('nebula', 'default');
    return new WorkerUnderTest(engine, stateDir);
  }

  async start(settings: WorkerSettings = {}): Promise<void> {
    const {
      selection = { kind: 'all' },
      parallelism = 4,
      resync_seconds,
      clock = new LuckyClock(),
      runtime = this.engine,
      ...given
    } = settings;
    const options = {
      ...{ scope: 'default', state_dir: this.stateDir, docker_host: 'unix:///nowhere.sock', version: 'test' },
      ...{ parallelism, selection, logger: this.log, strategy: new DirectFeed() },
      ...(resync_seconds === undefined ? {} : { resync_seconds }),
      ...given,
      reports: { publish: (message: WorkerMessage) => this.take(validMessage(message)) },
    };
    this.module = await Test.createTestingModule({ imports: [WorkerModule.forRoot(options)] })
      .overrideProvider(ContainerRuntime)
      .useValue(runtime)
      .overrideProvider(Clock)
      .useValue(clock)
      .compile();
    this.module.useLogger(false);
    await this.module.init();
  }

  /** Brings a message from the stream of an app, its own when there is no other. */
  receive(message: unknown, origin = appNameOf(message) ?? 'web'): void {
    this.inbox.receive(message, origin);
  }

  get inbox(): DesiredStateInbox {
    if (!this.module) throw new Error('The worker is not started.');
    return this.module.get(DesiredStateInbox);
  }

  get<T>(provider: new (...given: never[]) => T): T {
    if (!this.module) throw new Error('The worker is not started.');
    return this.module.get<T>(provider);
  }

  private take(message: WorkerMessage): void {
    searchForSecrets(JSON.stringify(message), 'what a worker reports');
    this.messages.push(message);
    if (message.kind === 'report') this.reports.push(message);
    else this.heartbeats.push(message);
  }

  report(app = 'web'): WorkerReport | undefined {
    return this.reports.findLast((report) => report.app_name === app);
  }

  /** Resolves with the first report that says so, the newest of the app. */
  async reported(expected: Partial<WorkerReport>, limitMs = 5_000): Promise<WorkerReport> {
    return await eventually(() => {
      const report = this.report(expected.app_name ?? 'web');
      for (const [field, value] of Object.entries(expected)) {
        const found = report?.[field as keyof WorkerReport];
        if (found !== value)
          throw new Error(`${field} is ${JSON.stringify(found)}: ${JSON.stringify(report)}`);
      }
      if (!report) throw new Error('There is no report.');
      return report;
    }, limitMs);
  }

  /** Leaves the worker as it is, as if it were dead, to start another one. */
  abandon(): void {
    if (this.module) this.abandoned.push(this.module);
    this.module = null;
  }

  /** Ends the worker. */
  async close(): Promise<void> {
    await this.module?.close();
    this.module = null;
  }

  /** Ends the worker and removes its folder. */
  async destroy(): Promise<void> {
    await this.close();
    for (const module of this.abandoned) await module.close();
    await rm(this.stateDir, { recursive: true, force: true });
  }
}

function appNameOf(message: unknown): string | null {
  if (typeof message !== 'object' || message === null || !('app_name' in message)) return null;
  return typeof message.app_name === 'string' ? message.app_name : null;
}
