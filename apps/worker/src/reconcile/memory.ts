import type { StepKind } from './step.js';

/** What the worker has learned about an app. It is kept on disk; losing it costs retries, not correctness. */
export interface AppMemory {
  /** The image id that the app's reference stood for when it was last pulled, so that repairs don't mix builds of a moved tag. */
  pin: ImagePin | null;
  /** Failures by `failureKey`; a success removes its entry. */
  failures: Record<string, Failure>;
  /** `failureKey` of the pull that is under way and takes long. Never read from disk: no pull outlives the worker. */
  late_pull: string | null;
}

export interface ImagePin {
  image: string;
  /** The release token that it was pulled for. */
  release: number;
  image_id: string;
}

export interface Failure {
  step: StepKind;
  /** The engine's own words. */
  message: string;
  /** Consecutive failures, from 1. */
  attempts: number;
  /** Trying again can't help; only another fingerprint can. A container that runs is not stopped for it again. */
  terminal: boolean;
  /** Milliseconds since 1970. */
  failed_at: number;
  /** Milliseconds since 1970; before it the step isn't planned again. */
  retry_at: number;
}

export function emptyMemory(): AppMemory {
  return { pin: null, failures: {}, late_pull: null };
}
