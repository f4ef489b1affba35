import { type DynamicModule, Module } from '@nestjs/common';
import { EngineFactsCache } from './agent/engine-facts-cache.js';
import { Executor } from './agent/executor.js';
import { KeptFacts } from './agent/kept-facts.js';
import { MemoryFiles } from './agent/memory-files.js';
import { Supervisor } from './agent/supervisor.js';
import { Clock } from './clock.js';
import { ClockJumps } from './clock-jumps.js';
import { ContainerRuntimeModule } from './container-runtime/container-runtime.module.js';
import { RegistryCredentials } from './container-runtime/registry/registry-credentials.js';
import { DesiredStateController } from './desired-state/desired-state.controller.js';
import { DesiredStateCopies } from './desired-state/desired-state-copies.js';
import { DesiredStateInbox } from './desired-state/desired-state-inbox.js';
import { ImageCollector } from './images/image-collector.js';
import { ImageLedger } from './images/image-ledger.js';
import { ImageLists } from './images/image-lists.js';
import { ImagePruner } from './images/image-pruner.js';
import { ImagePulls } from './images/image-pulls.js';
import { ObservedWorker } from './metrics/observed-worker.js';
import { WorkerMetrics } from './metrics/worker-metrics.js';
import { Heartbeats } from './reporting/heartbeats.js';
import { ReportSender } from './reporting/report-sender.js';
import { Reporter } from './reporting/reporter.js';
import { KeptClock } from './kept-clock.js';
import { WorkerLog } from './worker-log.js';
import { WORKER_OPTIONS, type WorkerOptions } from './worker-options.js';
import { WorkerReadiness } from './worker-readiness.js';

/** The worker of one server. */
@Module({})
export class WorkerModule {
  static forRoot(options: WorkerOptions): DynamicModule {
    const { docker_host, resync_seconds, images: { credentials = {}, pull_idle_seconds } = {} } = options;
    return {
      module: WorkerModule,
      imports: [
        ContainerRuntimeModule.forRoot({
          docker_host,
          limitFactor: options.engine_limit_factor ?? 1,
          credentials: new RegistryCredentials(credentials),
          ...(resync_seconds === undefined ? {} : { checkEvery: resync_seconds }),
          ...(pull_idle_seconds === undefined ? {} : { pullIdleLimit: pull_idle_seconds }),
        }),
      ],
      controllers: [DesiredStateController],
      providers: [
        { provide: WORKER_OPTIONS, useValue: options },
        Clock,
        ClockJumps,
        WorkerLog,
        DesiredStateCopies,
        DesiredStateInbox,
        EngineFactsCache,
        Executor,
        Heartbeats,
        ImageCollector,
        ImageLedger,
        ImageLists,
        ImagePruner,
        ImagePulls,
        KeptClock,
        KeptFacts,
        MemoryFiles,
        ObservedWorker,
        Reporter,
        ReportSender,
        Supervisor,
        WorkerMetrics,
        WorkerReadiness,
      ],
    };
  }
}
