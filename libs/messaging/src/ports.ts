import type { DesiredStateMessage, WorkerReport } from '@nebula/contracts';

/**
 * The api's side of one region's feed: an append-only stream per app of which only the newest message counts.
 * All calls reject with an `Error` when the transport is away; none hangs for good.
 */
export interface DesiredStateFeed {
  /** Name of the region that this feed serves. */
  readonly region: string;
  /** Appends a message to its app's stream (declared when missing); resolves when the transport confirmed it. */
  publish(message: DesiredStateMessage): Promise<void>;
  /** The newest message of an app's stream, null when the stream is missing or empty. */
  readNewest(appName: string): Promise<DesiredStateMessage | null>;
  /** Null when the feed can be used, else what is missing, in a few words. */
  problem(): string | null;
  close(): Promise<void>;
}

/** The worker's side of reports. Never blocks and never throws: a lost report costs freshness alone. */
export interface ReportPublisher {
  publish(report: WorkerReport): void;
}

/** The apps that a worker follows: those listed, or (in one process with the api) all there are. */
export type AppSelection = { kind: 'all' } | { kind: 'listed'; apps: readonly string[] };

export function selects(selection: AppSelection, appName: string): boolean {
  return selection.kind === 'all' || selection.apps.includes(appName);
}
