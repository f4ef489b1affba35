import type { Clock } from '../clock.js';
import type { ClockJumps } from '../clock-jumps.js';
import type { ContainerRuntime } from '../container-runtime/container-runtime.js';
import type { WorkerPolicy } from '../reconcile/worker-policy.js';
import type { ImageCollector } from '../images/image-collector.js';
import type { Reporter } from '../reporting/reporter.js';
import type { WorkerLog } from '../worker-log.js';
import type { WorkerMetrics } from '../metrics/worker-metrics.js';
import type { AppRelations } from './app-relations.js';
import type { EngineFactsCache } from './engine-facts-cache.js';
import type { Executor } from './executor.js';
import type { MemoryFiles } from './memory-files.js';

/** What all runners share. */
export interface RunnerParts {
  scope: string;
  policy: WorkerPolicy;
  relations: Pick<AppRelations, 'others' | 'wakeDependents'>;
  /** Of the random wait before a change is acted on, seconds; an app may ask for a longer one. */
  longest_wait: number;
  /** How long a container may be unhealthy before it is restarted, milliseconds. */
  unhealthy_grace: number;
  runtime: ContainerRuntime;
  engine: EngineFactsCache;
  disk: Pick<ImageCollector, 'isShort'>;
  executor: Executor;
  memories: MemoryFiles;
  reporter: Reporter;
  metrics: WorkerMetrics;
  clock: Clock;
  jumps: ClockJumps;
  log: WorkerLog;
}
