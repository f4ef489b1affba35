import type { DesiredStateFeed, ReportTransport } from '@nebula/messaging';
import type { LoggerService } from '@nestjs/common';
import type { LoginOptions } from './access/login-options.js';
import type { HttpOptions } from './http/http-options.js';
import type { SecretKey } from './store/secrets/secret-key.js';
import type { StoreOptions } from './store/store-options.js';

/** Something beside store and feeds that must be there before the program can serve. */
export interface ReadinessCheck {
  name: string;
  /** Where it concerns one region alone. Without it the program can't serve when it has a problem. */
  region?: string;
  /** Null when all is well, else what is missing, in a few words. */
  problem(): Promise<string | null>;
}

/** Gives metrics in Prometheus' text format. */
export interface MetricsSource {
  metrics(): Promise<string>;
}

export interface ApiOptions {
  store: StoreOptions;
  /** For the values of secrets in the store, the one that seals first. None when absent: apps can't have secrets then. */
  secret_keys?: readonly SecretKey[];
  /** One per region. */
  feeds: DesiredStateFeed[];
  /** Brings what workers report; without it nobody reports, and nobody counts as offline. */
  reports?: ReportTransport;
  readiness?: ReadinessCheck[];
  /** Metrics of what runs in the same process, under names that the api has none of. */
  more_metrics?: readonly MetricsSource[];
  /** Who may use the api; anyone when absent. */
  login?: LoginOptions;
  http?: HttpOptions;
  /** More names under which the api is asked over the loopback, as by a proxy on its machine. */
  names?: readonly string[];
  /** One that says which levels it writes spares the api making lines that nobody reads. */
  logger: LoggerService & { isLevelEnabled?(level: 'debug'): boolean };
  /** How often each app's stream is read back and compared, seconds. */
  verify_interval_seconds: number;
  /** How long the record of a deleted app is kept, days. */
  tombstone_retention_days: number;
  /** So many revisions of each app are kept, the current one among them; 100 when absent. */
  history_limit?: number;
  /** Longest time that a request may take, milliseconds; 10,000 when absent. */
  request_limit_ms?: number;
  /** Version of the program, for people. */
  version: string;
}

/** Token of the options that the program was started with. */
export const API_OPTIONS = Symbol('ApiOptions');
