import { IsBoolean, IsIn } from 'class-validator';
import { appName } from '../app-spec/app-name.js';
import { Part, Parts, Text, Whole } from '../parsing/fields.js';
import { Follows } from '../parsing/rule.js';
import { APP_STATES, type AppState } from './report.js';
import { WORKER_ID, WorkerFacts } from './worker-facts.js';

/** Most apps of one worker. It takes a list of fewer, but one of before may have more, as far as `MAX_REPORT_BYTES` lets it. */
const MAX_APPS = 10_000;

/**
 * How an app is on a worker, in short: of a report that was lost this is known within an interval all the same. What
 * reports alone say comes when the worker sends it again.
 */
export class AppBrief {
  @Follows(appName)
  app_name!: string;

  /** Position of the desired state that the worker has, 0 and 0 while it has seen none. */
  @Whole()
  epoch!: number;
  @Whole()
  revision!: number;

  /** The desired state was a tombstone. */
  @IsBoolean({ message: 'must be true or false' })
  deleted!: boolean;

  @IsIn(APP_STATES)
  state!: AppState;
}

/** A worker lives, what it is, and which apps it runs: all of them, so that others are known to be gone. */
export class WorkerHeartbeat {
  @Whole({ min: 1 })
  schema!: number;

  @IsIn(['heartbeat'])
  kind!: 'heartbeat';

  @Text(WORKER_ID)
  worker_id!: string;

  @Text(WORKER_ID)
  boot_nonce!: string;

  /** Of one count with the reports. */
  @Whole()
  sequence!: number;

  @Part(() => WorkerFacts)
  worker!: WorkerFacts;

  @Parts(() => AppBrief, { max: MAX_APPS })
  apps!: AppBrief[];

  /** Seconds until its next heartbeat, about. */
  @Whole({ min: 1, max: 86_400 })
  interval_seconds!: number;
}
