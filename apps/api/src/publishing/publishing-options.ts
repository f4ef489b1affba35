import type { DesiredStateFeed } from '@nebula/messaging';

/** Token of `PublishingOptions`. */
export const PUBLISHING_OPTIONS = Symbol('PublishingOptions');

export interface PublishingOptions {
  /** One per region; their owner closes them. */
  feeds: readonly DesiredStateFeed[];
  /** Every app of every region is compared with the database within this time. */
  verify_interval_seconds: number;
  /** So long is the tombstone of a deleted app kept: longer than any worker may be away. */
  tombstone_retention_days: number;
  timing?: Partial<PublishingTiming>;
}

/** Milliseconds. */
export interface PublishingTiming {
  /** Longest time between two looks for what is behind or due for verification. */
  sweep: number;
  /** A call of a feed that takes longer has failed. */
  feed_call: number;
  /** So long may a feed delay the creation of an app. */
  creation: number;
  /** So long is waited at the end for changes that are not published yet. */
  ending: number;
  /** Longest wait after the first failure; it doubles with each further one. */
  first_backoff: number;
  /** Longest wait after any failure. */
  longest_backoff: number;
}

export const DEFAULT_TIMING: PublishingTiming = {
  sweep: 5_000,
  feed_call: 5_000,
  creation: 1_000,
  ending: 2_000,
  first_backoff: 200,
  longest_backoff: 10_000,
};
