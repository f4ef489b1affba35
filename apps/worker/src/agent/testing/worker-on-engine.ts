import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type DesiredStateMessage,
  LABELS,
  PATTERNS,
  type WorkerMessage,
  type WorkerReport,
} from '@nebula/contracts';
import type { INestMicroservice } from '@nestjs/common';
import { makeHttpImage } from '../../../../../tools/engine/images.mjs';
import { searchForSecrets } from '../../../../../tools/test/known-secrets.mjs';
import {
  EngineUnderTest,
  type MakeImage,
  TEST_DOCKER_HOST,
} from '../../container-runtime/testing/engine-under-test.js';
import { eventually } from '../../container-runtime/testing/eventually.js';
import { createWorker } from '../../create-worker.js';
import type { WorkerOptions } from '../../worker-options.js';
import { WorkerReadiness } from '../../worker-readiness.js';
import { DirectFeed } from './direct-feed.js';
import { KeptLog } from './kept-log.js';
import { validMessage } from './valid-message.js';
import { deleted, type Wish, wanted } from './messages.js';

/** Two images that stop at once and have no health check. */
export const IMAGES = ['nebula-agent-test:1', 'nebula-agent-test:2'] as const;

/** A container as a bystander sees it: what a restart or a replacement would change. */
export interface Seen {
  id: string;
  name: string;
  started_at: string;
  running: boolean;
}

/** A real worker on a real engine, in a scope of its own, with a feed that brings the newest state to whoever starts. */
export class WorkerOnEngine {
  readonly reports: WorkerReport[] = [];
  readonly log = new KeptLog();
  private readonly newest = new Map<string, DesiredStateMessage>();
  private running: { app: INestMicroservice; feed: DirectFeed } | null = null;

  private constructor(
    readonly engine: EngineUnderTest,
    readonly stateDir: string,
  ) {}

  /** @param make makes one of the images on the engine. */
  static async open(host = TEST_DOCKER_HOST, make: MakeImage = makeHttpImage): Promise<WorkerOnEngine> {
    const engine = await EngineUnderTest.open(host, make);
    for (const image of IMAGES) {
      if ((await engine.runtime.imageId(image)) !== null) continue;
      await make(host, image, { version: image.slice(-1) });
    }
    return new WorkerOnEngine(engine, await mkdtemp(join(tmpdir(), 'nebula-worker-')));
  }

  /** The app of this test; others may begin with this name. */
  get app(): string {
    return this.engine.prefix;
  }

  async start(given: Partial<WorkerOptions> = {}): Promise<void> {
    const feed = new DirectFeed();
    const app = await createWorker({
      ...{
        scope: this.engine.scope,
        state_dir: join(this.stateDir, 'worker'),
        docker_host: this.engine.host,
      },
      ...{ parallelism: 4, selection: { kind: 'all' }, strategy: feed, logger: this.log, version: 'test' },
      reports: { publish: (message) => this.take(validMessage(message)) },
      ...given,
    });
    this.running = { app, feed };
    await app.listen();
    for (const message of this.newest.values()) await feed.deliver(PATTERNS.desiredState, message);
  }

  /** Publishes a desired state of this test's app, or of another. */
  async want(revision: number, spec: Wish['spec'] = {}, more: Wish = {}): Promise<void> {
    const app_name = more.app_name ?? this.app;
    await this.publish(wanted({ ...more, app_name, revision, spec: { docker_image: IMAGES[0], ...spec } }));
  }

  async delete(revision: number, app_name = this.app): Promise<void> {
    await this.publish(deleted({ app_name, revision }));
  }

  async publish(message: DesiredStateMessage): Promise<void> {
    this.newest.set(message.app_name, message);
    await this.running?.feed.deliver(PATTERNS.desiredState, message);
  }

  private take(message: WorkerMessage): void {
    searchForSecrets(JSON.stringify(message), 'what a worker reports');
    if (message.kind === 'report') this.reports.push(message);
  }

  report(app = this.app): WorkerReport | undefined {
    return this.reports.findLast((report) => report.app_name === app);
  }

  /** Resolves with the newest report of the app once it says so. */
  async reported(expected: Partial<WorkerReport>, limitMs = 20_000): Promise<WorkerReport> {
    return await eventually(() => {
      const report = this.report(expected.app_name ?? this.app);
      if (!report) throw new Error('There is no report.');
      for (const [field, value] of Object.entries(expected)) {
        if (report[field as keyof WorkerReport] !== value) {
          throw new Error(`${field} is not ${JSON.stringify(value)}: ${JSON.stringify(report)}`);
        }
      }
      return report;
    }, limitMs);
  }

  /** Resolves when the log has such a line. */
  async logged(text: string, limitMs = 20_000): Promise<void> {
    await eventually(() => {
      if (!this.log.text.includes(text)) throw new Error(`The log has no "${text}":\n${this.log.text}`);
    }, limitMs);
  }

  /** The containers of an app, all of them, by name. */
  async containers(app = this.app): Promise<Seen[]> {
    const { docker, scope } = this.engine;
    const label = [`${LABELS.scope}=${scope}`, `${LABELS.app}=${app}`];
    const listed = await docker.listContainers({ all: true, filters: { label } });
    const seen = await Promise.all(listed.map(({ Id }) => docker.getContainer(Id).inspect()));
    return seen
      .map(({ Id, Name, State }) => ({
        id: Id,
        name: Name.slice(1),
        started_at: State.StartedAt,
        running: State.Running,
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async problem(): Promise<string | null> {
    if (!this.running) throw new Error('The worker is not started.');
    return await this.running.app.get(WorkerReadiness).problem();
  }

  /** Ends the worker; the containers stay. */
  async close(): Promise<void> {
    await this.running?.app.close();
    this.running = null;
  }

  forgetReports(): void {
    this.reports.length = 0;
  }

  /** Ends the worker and removes all that it made. */
  async destroy(): Promise<void> {
    await this.close();
    await this.engine.close();
    await rm(this.stateDir, { recursive: true, force: true });
  }
}
