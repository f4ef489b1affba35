import { IsBoolean, IsIn } from 'class-validator';
import { appName } from '../app-spec/app-name.js';
import { HIGHEST_PORT, type PortMapping, PROTOCOLS, type Protocol } from '../app-spec/port-mapping.js';
import { Instant, MayBeAbsent, OrNull, Part, Parts, Text, Whole } from '../parsing/fields.js';
import { Follows } from '../parsing/rule.js';
import { notices } from './notices.js';
import { WORKER_ID, WorkerFacts } from './worker-facts.js';

/** Version of the schema of reports and heartbeats that this program writes. */
export const REPORT_SCHEMA = 1;

/**
 * How far a worker is with an app. `converged`: its plan is empty and what shall run runs. `failed`: something
 * needs a person or a retry; see `last_error`. `converging`: everything between.
 */
export const APP_STATES = ['converged', 'converging', 'failed'] as const;
export type AppState = (typeof APP_STATES)[number];

export const CONTAINER_STATES = [
  'created',
  'running',
  'paused',
  'restarting',
  'removing',
  'exited',
  'dead',
] as const;
export type ContainerState = (typeof CONTAINER_STATES)[number];

/** Health as Docker's HEALTHCHECK says; `none` when the image has no check. */
export const HEALTH_STATES = ['none', 'starting', 'healthy', 'unhealthy'] as const;
export type HealthState = (typeof HEALTH_STATES)[number];

/**
 * Most bytes of a message of a worker, as JSON. A container takes about 400 of them with one port, and 1,700 with ten
 * ports on both kinds of addresses; a bridge of Linux joins at most 1,023 containers. A heartbeat takes some 110 for each
 * app with a name of 15 characters; a worker takes a list of at most 8,000.
 */
export const MAX_REPORT_BYTES = 1_048_576;

/** Longest names, ids and versions in a report, characters. */
const NAME = { max: 512 };

/** Longest text about what is under way, characters. */
export const LONGEST_PROGRESS = 1_024;

/** Most containers in one report: twice the most replicas that `server` can ask for. */
const MAX_CONTAINERS = 20_000;

/** One published port. Workers of before told neither protocol nor address. */
export class PortBinding implements PortMapping {
  @Whole({ min: 1, max: HIGHEST_PORT })
  host_port!: number;

  @Whole({ min: 1, max: HIGHEST_PORT })
  container_port!: number;

  /** TCP when absent. */
  @MayBeAbsent()
  @IsIn(PROTOCOLS)
  protocol?: Protocol;

  /** Address of the server that it is published on; all of them when absent. */
  @MayBeAbsent()
  @Text({ min: 1, max: NAME.max })
  host_address?: string;
}

/** One container of an app, as the engine describes it. */
export class ContainerReport {
  @Text(NAME)
  id!: string;

  @Text(NAME)
  name!: string;

  /** 1-based; 0 when the container's label doesn't parse. */
  @Whole()
  replica!: number;

  @IsIn(CONTAINER_STATES)
  state!: ContainerState;

  @IsIn(HEALTH_STATES)
  health!: HealthState;

  @Text({ max: 1_024 })
  image!: string;

  @Text(NAME)
  image_id!: string;

  @Parts(() => PortBinding, { max: HIGHEST_PORT })
  ports!: PortBinding[];

  /** How often the engine restarted it by its restart policy. */
  @Whole()
  restart_count!: number;

  /**
   * How often the worker restarted it because it was unhealthy. Absent for none. The engine counts from 0 again after each
   * of them.
   */
  @MayBeAbsent()
  @Whole()
  unhealthy_restarts?: number;
}

/** The step of a failure that is none of a plan: the newest message of the app can't be acted on. */
export const REFUSED_STEP = 'desired-state';

/** The newest failure of an app on a worker, kept until a plan is empty. */
export class LastError {
  /** The step that failed (`pull`, `create`, `start` …). */
  @Text(NAME)
  step!: string;

  /** The engine's own words where it said something. */
  @Text({ max: 65_536 })
  message!: string;

  /** ISO 8601. */
  @Instant()
  at!: string;

  /** ISO 8601 of the next try; null when only a change can help. */
  @OrNull()
  @Instant()
  retry_at!: string | null;
}

/**
 * How the newest change of an app is on a worker. `rolling`: not every replica serves it yet. `done`: all do, or did.
 * `paused`: it has failed, and what was not replaced stays. `rolling_back` and `rolled_back`: it has failed, and the
 * version before is on its way back, or serves again.
 */
export const UPDATE_STATES = ['rolling', 'done', 'paused', 'rolling_back', 'rolled_back'] as const;
export type UpdateState = (typeof UPDATE_STATES)[number];

export class UpdateReport {
  @IsIn(UPDATE_STATES)
  state!: UpdateState;

  /** Replicas that serve the version that is served: the wanted one, or the one that is gone back to. */
  @Whole()
  ready!: number;

  /** Replicas that there shall be. */
  @Whole()
  replicas!: number;

  /** The revision that is gone back to; null when none is. */
  @OrNull()
  @Whole()
  back_to!: number | null;
}

/** What one worker says about one app: a full snapshot, so that losing one costs freshness alone. */
export class WorkerReport {
  @Whole({ min: 1 })
  schema!: number;

  /** What tells it from a heartbeat. The first workers sent none. */
  @IsIn(['report'])
  kind = 'report' as const;

  @Text(WORKER_ID)
  worker_id!: string;

  /** Random per start of the worker. With `sequence` it orders messages without a clock. */
  @Text(WORKER_ID)
  boot_nonce!: string;

  /** Grows by one with each message, report or heartbeat, since the worker's start. */
  @Whole()
  sequence!: number;

  @Part(() => WorkerFacts)
  worker!: WorkerFacts;

  @Follows(appName)
  app_name!: string;

  /** Position of the desired state that this report is about. */
  @Whole()
  epoch!: number;

  @Whole()
  revision!: number;

  /** The desired state was a tombstone. */
  @IsBoolean({ message: 'must be true or false' })
  deleted!: boolean;

  @IsIn(APP_STATES)
  state!: AppState;

  @Parts(() => ContainerReport, { max: MAX_CONTAINERS })
  containers!: ContainerReport[];

  @OrNull()
  @Part(() => LastError)
  last_error!: LastError | null;

  /** How far something is that takes long, like a pull, for people; null when there is nothing. Absent is null. */
  @OrNull()
  @Text({ max: LONGEST_PROGRESS })
  progress: string | null = null;

  /** What there is to say of the app that is no failure, for people; absent for nothing, and of workers of before. */
  @MayBeAbsent()
  @Follows(notices)
  notices?: string[];

  /** Absent for an app that is not to run; workers of before don't tell it. */
  @MayBeAbsent()
  @Part(() => UpdateReport)
  update?: UpdateReport;
}
