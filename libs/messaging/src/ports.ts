import type { DesiredStateMessage, WorkerMessage } from '@nebula/contracts';
import type { CustomTransportStrategy } from '@nestjs/microservices';

/** Something of a transport that is not as it must be, and what to do about it, each a sentence. */
export interface FeedFinding {
  problem: string;
  remedy: string;
}

/**
 * The api's side of one region's feed: an append-only stream per app of which only the newest message counts.
 * All calls reject with an `Error` when the transport is away; none hangs for good.
 */
export interface DesiredStateFeed {
  /** Name of the region that this feed serves. */
  readonly region: string;
  /** Appends a message to its app's stream (declared when missing); resolves when the transport confirmed it. */
  publish(message: DesiredStateMessage): Promise<void>;
  /**
   * What was confirmed of an app is not in its stream: the next message goes another way, if there is one. Absent where a
   * confirmation can't be false.
   */
  distrust?(appName: string): void;
  /**
   * The newest message of an app's stream, null when the stream is missing, empty, or ends with what is no message. It
   * rejects when what the stream holds doesn't come in time, with a `SilentStreamError` when nothing does.
   */
  readNewest(appName: string): Promise<DesiredStateMessage | null>;
  /**
   * The message with the highest position of all that an app's stream still holds, and behind it another one of that
   * position where two differ; none when there is none. It costs a read of the whole stream, and differs from the newest
   * where a lower message was appended behind a higher one.
   */
  readHighest(appName: string): Promise<DesiredStateMessage[]>;
  /**
   * Removes the stream of an app whose newest message is a tombstone, and leaves any other as it is, an empty one too.
   * @returns whether the stream is gone, also when there was none
   */
  removeDeleted(appName: string): Promise<boolean>;
  /** Null when the feed can be used, else what is missing, in a few words. */
  problem(): string | null;
  /**
   * Whether the transport is there and takes nothing for now, as it is short of memory or disk; `problem` says so then.
   * Absent where that can't be.
   */
  lacksRoom?(): boolean;
  /** Tries whether the transport lets the api do all that it has to. Absent where nothing could be refused. */
  examine?(): Promise<FeedFinding[]>;
  close(): Promise<void>;
}

/** What a transport knows of a desired state beside the message: the second argument of its handler. */
export interface DesiredStateOrigin {
  /** The app whose stream has brought it, which is the only app that it can be about. */
  app_name: string;
}

/**
 * The worker's side of reports and heartbeats. Never blocks and never throws: a lost message costs freshness
 * alone. What can't be sent at once is sent later; of messages with the same `workerMessageKey` the newest alone.
 */
export interface ReportPublisher {
  publish(message: WorkerMessage): void;
}

/** A message of a worker as a transport hands it to the api's handler. */
export interface ReceivedReport {
  /** The decoded JSON, not yet validated; undefined when it is none, or was not decoded. */
  payload: unknown;
  /** The sender's user as the broker has checked it; null where nothing checks it. */
  user_id: string | null;
  /** Its length in bytes where that is more than `MAX_REPORT_BYTES`, for which it was not decoded. */
  excessive_bytes?: number;
}

/** What the handler of `PATTERNS.report` is given: one message, or several that arrived together, oldest first. */
export type ReportDelivery = ReceivedReport | readonly ReceivedReport[];

/** The api's side of reports and heartbeats. */
export interface ReportTransport extends CustomTransportStrategy {
  /**
   * For how long every message of a worker could arrive here, milliseconds, whatever the wall clock was set to
   * meanwhile; null while none can. A worker's silence counts only as long.
   */
  listenedMs(): number | null;
  /**
   * Takes nothing more until `resume`. What the handler is busy with is not taken either: it is kept for later, or
   * for another api. For a handler that can't take anything at the moment, whatever the message.
   */
  pause(): void;
  resume(): void;
  /** Null when reports arrive (or would, but for a pause), else what is in the way, in a few words. */
  problem(): string | null;
  /** As that of the feed. Absent also where each of `parts` says it of itself. */
  lacksRoom?(): boolean;
  /** Of the regions of which it is made; absent where there is one alone. */
  readonly parts?: readonly { region: string; transport: Pick<ReportTransport, 'problem' | 'lacksRoom'> }[];
}

/** The apps that a worker follows: those listed, or (in one process with the api) all there are. */
export type AppSelection = { kind: 'all' } | { kind: 'listed'; apps: readonly string[] };

export function selects(selection: AppSelection, appName: string): boolean {
  return selection.kind === 'all' || selection.apps.includes(appName);
}
