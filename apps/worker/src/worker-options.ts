import type { AppSelection, ReportPublisher } from '@nebula/messaging';
import type { LoggerService } from '@nestjs/common';
import type { CustomTransportStrategy } from '@nestjs/microservices';
import type { CredentialOptions } from './container-runtime/registry/registry-credentials.js';
import type { WorkerPolicy } from './reconcile/worker-policy.js';

/** How full the disk of the images may become, percent of what programs may use of it. */
export interface DiskLimits {
  /** From here on images are removed. */
  high_percent: number;
  /** Until it is below this. */
  low_percent: number;
}

/** How images are pulled and kept. */
export interface ImageOptions {
  credentials?: CredentialOptions;
  /** Images that are pulled at once; 3 when absent. */
  pull_parallelism?: number;
  /** Seconds without any progress after which a pull is given up; 180 when absent. */
  pull_idle_seconds?: number;
  /** Seconds between two lines of the log about a pull that takes long; 10 when absent. */
  pull_log_seconds?: number;
  /** When images that nothing needs are removed by themselves; never when absent. */
  gc?: DiskLimits;
}

/** What a worker does in its own way with every update. */
export interface UpdateOptions {
  /** Of the random wait before a change is acted on, seconds; 0 when absent. */
  max_restart_wait_seconds?: number;
  /** How long a container may be unhealthy before it is restarted, seconds; 30 when absent. */
  unhealthy_grace_seconds?: number;
}

/** Everything that a worker is started with. */
export interface WorkerOptions {
  /** Containers of this scope are this worker's, whoever made them. */
  scope: string;
  /** Folder for what must outlive the process; made when it is missing. */
  state_dir: string;
  /** Who it is in reports; the engine's own id when absent, which outlives the state folder. */
  worker_id?: string;
  /** The broker's user as which it reports, where one is checked: that of another worker is not heard. */
  report_user?: string;
  /** What it is to be known by, like its rack; none when absent. */
  worker_labels?: Readonly<Record<string, string>>;
  /** What apps may have on this server; everything when absent. */
  worker_policy?: WorkerPolicy;
  /** Seconds between two heartbeats, about; 60 when absent. */
  report_interval_seconds?: number;
  /** `unix:///path` or `tcp://name:port`. */
  docker_host: string;
  /** Makes every time limit of calls to the engine longer or shorter; 1 when absent. */
  engine_limit_factor?: number;
  /** Seconds between two looks at everything behind the engine's events, about; 300 when absent. */
  resync_seconds?: number;
  /** Lanes that are worked on at once, over all apps. */
  parallelism: number;
  /** What Docker's own configuration says when absent. */
  images?: ImageOptions;
  /** What holds for the updates of all apps. */
  updates?: UpdateOptions;
  /** Containers of apps that a list leaves out are removed; without a list unknown ones are left alone. */
  selection: AppSelection;
  /** Brings desired states. */
  strategy: CustomTransportStrategy;
  /** Takes reports away. */
  reports: ReportPublisher;
  logger: LoggerService;
  /** Of the program, for reports. */
  version: string;
}

/** Token under which the options are injected. */
export const WORKER_OPTIONS = Symbol('WorkerOptions');
