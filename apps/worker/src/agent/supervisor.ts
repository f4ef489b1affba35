import { type FieldProblem, NO_TOKENS } from '@nebula/contracts';
import { selects } from '@nebula/messaging';
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Clock } from '../clock.js';
import { ClockJumps } from '../clock-jumps.js';
import { ContainerRuntime } from '../container-runtime/container-runtime.js';
import type { AcceptedState } from '../desired-state/accepted-state.js';
import { CopyKeeper } from '../desired-state/copy-keeper.js';
import { DesiredStateCopies } from '../desired-state/desired-state-copies.js';
import { ImageCollector } from '../images/image-collector.js';
import { ImageLists } from '../images/image-lists.js';
import { ImagePruner } from '../images/image-pruner.js';
import { WorkerMetrics } from '../metrics/worker-metrics.js';
import { Reporter } from '../reporting/reporter.js';
import { messageOf, WorkerLog } from '../worker-log.js';
import { WORKER_OPTIONS, type WorkerOptions } from '../worker-options.js';
import { AppRelations } from './app-relations.js';
import { AppRunner } from './app-runner.js';
import { EngineFactsCache } from './engine-facts-cache.js';
import { EngineWatch } from './engine-watch.js';
import { Executor } from './executor.js';
import type { KeptMemory } from './kept-memory.js';
import { MemoryFiles } from './memory-files.js';
import type { RunnerParts } from './runner-parts.js';
import { WakeTimer } from './wake-timer.js';

/** Everything is looked at this often behind the events, seconds. */
const RESYNC_EVERY = 300;

/**
 * Longest wait at the end for steps under way, milliseconds: the last reports and the connections need their time after
 * it, and all is over within ten seconds. The engine goes on with a stop that takes longer, whoever waits for it.
 */
const STOP_LIMIT = 5_000;

/** How long a container may be unhealthy before it is restarted, seconds. */
const UNHEALTHY_GRACE = 30;

/** Has a runner for every app that there is something to do for, and wakes it when something happens. */
@Injectable()
export class Supervisor implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly runners = new Map<string, AppRunner>();
  /** The newest desired state of every app, tombstones too, whose runners are gone when their work is done. */
  private readonly states = new Map<string, AcceptedState>();
  private readonly orphans = new Set<string>();
  private readonly forgettings = new Set<Promise<void>>();
  private ending = false;
  private readonly resync = new WakeTimer(() => {
    void this.lookAtEverything(true);
    void this.collector.collect();
  });
  private readonly relations: AppRelations;
  private readonly parts: RunnerParts;
  private readonly watch: EngineWatch;

  constructor(
    @Inject(WORKER_OPTIONS)
    private readonly options: Pick<
      WorkerOptions,
      'scope' | 'selection' | 'resync_seconds' | 'worker_policy' | 'updates'
    >,
    private readonly runtime: ContainerRuntime,
    engine: EngineFactsCache,
    executor: Executor,
    pruner: ImagePruner,
    private readonly collector: ImageCollector,
    private readonly images: ImageLists,
    private readonly copies: DesiredStateCopies,
    private readonly memories: MemoryFiles,
    private readonly reporter: Reporter,
    private readonly clock: Clock,
    jumps: ClockJumps,
    private readonly log: WorkerLog,
    metrics: WorkerMetrics,
  ) {
    const { scope, worker_policy: policy = {} } = options;
    this.relations = new AppRelations(options.selection, this.states, this.runners);
    const { relations } = this;
    const { max_restart_wait_seconds: longest_wait = 0, unhealthy_grace_seconds: grace = UNHEALTHY_GRACE } =
      options.updates ?? {};
    const settings = { scope, policy, relations, longest_wait, unhealthy_grace: grace * 1000 };
    const disk = collector;
    this.parts = {
      ...settings,
      runtime,
      engine,
      disk,
      executor,
      memories,
      reporter,
      metrics,
      clock,
      jumps,
      log,
    };
    this.watch = new EngineWatch(this.parts, collector, images, {
      connected: () => void this.lookAtEverything(false),
      missed: () => this.wakeAll(),
      found: (app) => this.found(app),
      freed: () => this.wakeConcerned(),
    });
    // What has ended of an app that can't go on holds its images.
    collector.onShort = () => this.wakeConcerned();
    pruner.needed = () => {
      const needed = [...this.runners.values()].map((runner) => runner.neededImages);
      return {
        ids: new Set(needed.flatMap(({ ids }) => ids)),
        references: new Set(needed.flatMap(({ references }) => references)),
      };
    };
  }

  /**
   * Goes on with what is on disk, whether or not engine and feed are there.
   *
   * @throws when the state folder can't be written to.
   */
  async onApplicationBootstrap(): Promise<void> {
    await this.copies.open();
    await this.memories.open();
    const memories = await this.memories.readAll();
    for (const state of await this.copies.readAll()) {
      const app = state.desired.app_name;
      this.states.set(app, state);
      if (selects(this.options.selection, app)) this.start(app).begin(state, memories.get(app) ?? null);
      else this.removeUnlisted(app, memories.get(app) ?? null);
    }
    this.reporter.start();
    this.watch.start();
    this.scheduleResync();
  }

  /** Takes no more work, lets the steps under way end, and sends the last reports. Containers stay. */
  async beforeApplicationShutdown(): Promise<void> {
    this.ending = true;
    this.resync.clear();
    const stopping = Promise.all([
      this.watch.stop(),
      ...[...this.runners.values()].map((runner) => runner.stop()),
      ...this.forgettings,
    ]);
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        this.log.warn('a step is still under way at the end; the next start goes on after it');
        resolve();
      }, STOP_LIMIT);
    });
    await Promise.race([stopping, limit]);
    clearTimeout(timer);
    this.reporter.close();
  }

  /** The newest desired state of an app; null when none was ever seen. */
  newest(appName: string): AcceptedState | null {
    return this.states.get(appName) ?? null;
  }

  /** Takes a desired state that is newer than `newest`. */
  want(state: AcceptedState): void {
    const app = state.desired.app_name;
    this.states.set(app, state);
    this.reporter.accepted(app);
    (this.runners.get(app) ?? this.start(app)).want(state);
    this.relations.wakeDependents(app);
  }

  /** The newest desired state was seen again. */
  confirm(appName: string): void {
    this.reporter.accepted(appName);
    this.runners.get(appName)?.wake();
  }

  /** The feed's newest message of an app can't be acted on; what is wanted stays what it was. */
  refuse(appName: string, problems: readonly FieldProblem[]): void {
    this.reporter.refused(appName, problems);
  }

  private start(app: string): AppRunner {
    const { clock, copies, log, reporter } = this;
    const copy = new CopyKeeper(copies, reporter, clock, log);
    const runner: AppRunner = new AppRunner(app, this.parts, copy, async () => {
      this.runners.delete(app);
      const isListed = selects(this.options.selection, app);
      this.log.info(`nothing is left of an app that is ${isListed ? 'deleted' : 'not listed'}`, { app });
      // No runner stands for it any more, so the end of the worker has to wait for this.
      const forgetting = this.forget(app);
      this.forgettings.add(forgetting);
      await forgetting;
      this.forgettings.delete(forgetting);
    });
    this.runners.set(app, runner);
    return runner;
  }

  /** Removes from disk what is no use any more once nothing of an app is left. */
  private async forget(app: string): Promise<void> {
    await this.memories.remove(app);
    if (selects(this.options.selection, app)) return;
    this.states.delete(app);
    await this.copies.remove(app);
    this.reporter.forget(app);
  }

  /** The list that this worker was started with is the desired state of what it leaves out: nothing of it. */
  private removeUnlisted(app: string, kept: KeptMemory | null = null): void {
    this.log.warn('the app is not on the list of this worker (app_name), so its containers are removed', {
      app,
    });
    const { epoch = 0, revision = 0, digest = '', message = null } = this.states.get(app) ?? {};
    const desired = { app_name: app, revision, deleted: true, spec: null, tokens: NO_TOKENS };
    this.start(app).begin({ epoch, revision, digest, message, desired }, kept);
  }

  private wakeAll(): void {
    for (const runner of this.runners.values()) runner.wake();
  }

  /** What an app waits for may be free, and what it relies on may be gone. */
  private wakeConcerned(): void {
    for (const runner of this.runners.values()) if (runner.troubled || runner.isGuest) runner.wake();
  }

  /** @param settled the feed has had time to bring every desired state that there is. */
  private async lookAtEverything(settled: boolean): Promise<void> {
    this.scheduleResync();
    this.wakeAll();
    void this.images.look();
    try {
      const { own } = await this.runtime.list(this.options.scope);
      if (this.ending) return;
      const apps = new Set(own.map((container) => container.app_name));
      for (const app of apps) if (!this.runners.has(app)) this.found(app, settled);
    } catch (error) {
      this.log.debug('the containers can not be listed', { error: messageOf(error) });
    }
  }

  /** There is, or was, a container of this app. */
  private found(app: string, settled = false): void {
    if (this.ending) return;
    const runner = this.runners.get(app);
    const state = this.states.get(app);
    if (runner) runner.wake();
    else if (!selects(this.options.selection, app)) this.removeUnlisted(app);
    else if (state) this.start(app).begin(state, null);
    else if (settled) this.noteOrphan(app);
  }

  /** Nothing says what an app without a desired state should be, so nobody but a person can decide about it. */
  private noteOrphan(app: string): void {
    if (this.orphans.has(app)) return;
    this.orphans.add(app);
    this.log.info('containers of an app without a desired state are left alone', { app });
  }

  private scheduleResync(): void {
    if (this.ending) return;
    const every = (this.options.resync_seconds ?? RESYNC_EVERY) * 1000;
    this.resync.set(every * (0.75 + this.clock.random() / 2));
  }
}
