import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { ContainerRuntime, type PullOptions } from '../container-runtime/container-runtime.js';
import { type Outcome, WorkerMetrics } from '../metrics/worker-metrics.js';
import { Reporter } from '../reporting/reporter.js';
import { WorkerLog } from '../worker-log.js';
import { WORKER_OPTIONS, type WorkerOptions } from '../worker-options.js';
import { ImageCollector } from './image-collector.js';
import { ImageLedger } from './image-ledger.js';
import { ImageLists } from './image-lists.js';
import { progressText } from './progress-text.js';
import { type PullRequest, type SharedPull, SharedPulls } from './shared-pulls.js';

/** Pulls at a time when nothing else is asked for; the engine downloads three layers at a time by itself. */
const DEFAULT_PARALLELISM = 3;

/** Seconds between two lines of the log about a pull that takes long when nothing else is asked for. */
const DEFAULT_LOG_EVERY = 10;

/** So many times between two heartbeats the reports tell how far a pull is: their number goes with the fleet's size. */
const TOLD_PER_HEARTBEAT = 6;

/** Seconds between two heartbeats when nothing else is asked for. */
const DEFAULT_HEARTBEAT = 60;

/** The pulls of this worker. */
@Injectable()
export class ImagePulls {
  private readonly pulls: SharedPulls;
  private readonly reportEvery: number;
  private readonly logEvery: number;

  constructor(
    @Inject(WORKER_OPTIONS) options: Pick<WorkerOptions, 'images' | 'report_interval_seconds'>,
    private readonly runtime: ContainerRuntime,
    private readonly ledger: ImageLedger,
    private readonly lists: ImageLists,
    private readonly collector: ImageCollector,
    private readonly reporter: Reporter,
    private readonly log: WorkerLog,
    private readonly clock: Clock,
    private readonly metrics: WorkerMetrics,
  ) {
    const { pull_parallelism = DEFAULT_PARALLELISM, pull_log_seconds = DEFAULT_LOG_EVERY } =
      options.images ?? {};
    this.logEvery = pull_log_seconds * 1_000;
    const heartbeat = options.report_interval_seconds ?? DEFAULT_HEARTBEAT;
    this.reportEvery = (heartbeat * 1_000) / TOLD_PER_HEARTBEAT;
    this.pulls = new SharedPulls(
      (image, signal, given) => this.pullAndNote(image, signal, given),
      pull_parallelism,
      (pull) => this.tellOf(pull),
    );
  }

  /**
   * Pulls an image for an app and answers its local id.
   *
   * @throws {RuntimeError}
   */
  async pull(request: PullRequest): Promise<string> {
    try {
      return await this.pulls.pull(request);
    } finally {
      this.reporter.progress(request.app, null);
    }
  }

  /** An image that was there before is the user's, whoever pulls it again. */
  private async pullAndNote(image: string, signal: AbortSignal, options: PullOptions): Promise<string> {
    const before = new Set((await this.lists.all()).map(({ id }) => id));
    const began = this.clock.steady();
    let outcome: Outcome = 'failed';
    try {
      const id = await this.runtime.pull(image, signal, options);
      outcome = 'done';
      await this.ledger.pulled(id, image, before.has(id));
      return id;
    } finally {
      if (signal.aborted) outcome = 'ended';
      this.metrics.pulled(outcome, this.clock.steady() - began);
      // One that failed may have done so for want of space.
      void this.collector.collect();
    }
  }

  /** Tells how far a pull is, at intervals: a short one is told of by its end alone. */
  private tellOf(pull: SharedPull): () => void {
    const logging = setInterval(() => {
      this.log.info(progressText(pull), { apps: pull.apps(), image: pull.image });
    }, this.logEvery);
    const reporting = setInterval(() => {
      for (const app of pull.apps()) this.reporter.progress(app, progressText(pull));
    }, this.reportEvery);
    return () => {
      clearInterval(logging);
      clearInterval(reporting);
    };
  }
}
