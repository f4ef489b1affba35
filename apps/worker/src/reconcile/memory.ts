import type { AppSpec, Tokens } from '@nebula/contracts';
import type { Limits } from './limits.js';
import type { StepKind } from './step.js';

/** What the worker has learned about an app. It is kept on disk; losing it costs retries, not correctness. */
export interface AppMemory {
  /** What was wanted of this server when it was learned, by `subjectOf`; null when that is not known. */
  subject: string | null;
  /** The image id that the app's reference stood for when it was last pulled, so that repairs don't mix builds of a moved tag. */
  pin: ImagePin | null;
  /** Failures by `failureKey`; a success removes its entry. */
  failures: Record<string, Failure>;
  /** `failureKey` of the pull that is under way and takes long. Never read from disk: no pull outlives the worker. */
  late_pull: string | null;
  /** What every replica was right and ready with last: what an update that fails goes back to. */
  good: GoodVersion | null;
  /** The token `roll` of the newest desired state that was taken over. */
  roll: number;
  /** The token `prune` that was last granted. */
  prune: number;
  /** A roll is under way: containers are replaced one after the other whatever the strategy is, until all are ready. */
  rolling: boolean;
  /** The update to this desired state has failed. Only a newer one is tried. */
  verdict: Verdict | null;
  /** Nothing that runs is replaced and nothing is pulled before this. */
  hold: Hold | null;
  /** By container: since when it is unhealthy, and what was done about that. */
  unhealthy: Record<string, Unhealthy>;
  /** Ids of containers that have been ready since they were made. */
  readied: readonly string[];
  /**
   * By container that was never ready: its last start that was no restart by the engine, in milliseconds after it was made.
   * When that was each look says by the clock of now, so no clock that is set meanwhile makes it older.
   */
  begun: Record<string, number>;
  /** Ids of containers that were as wanted before this memory began, so that no update of it has made them; null until the first look. */
  found: readonly string[] | null;
  /** By container: how often its program has ended by itself. */
  crashes: Record<string, Crashes>;
  /** Limits that were asked for here and that the engine has left out: no container has them, or one lacks them. They are not asked for again. */
  denied: Partial<Limits>;
  /** By id of a container: those that it was asked to have and hasn't got. */
  lacking: Record<string, Partial<Limits>>;
  /** What the engine has warned of since the newest desired state was taken over, each once, in its words. */
  warnings: readonly string[];
  /** `machine` of the server where that and `begun` were learned, see `NodeFacts`; null with nothing of it, or when it isn't known. */
  machine: string | null;
  /** By replica and fingerprint: how often it was started lately, since the newest desired state was taken over. */
  starts: Record<string, Starts>;
}

/** A version of the app that has served on this server. */
export interface GoodVersion {
  revision: number;
  spec: AppSpec;
  tokens: Tokens;
  /** The build that its containers were made from. */
  pin: ImagePin | null;
}

/** Why an update is not gone on with. */
export interface Verdict {
  revision: number;
  /** What happened to which container, a part of a sentence. */
  reason: string;
  /** Of the program that ended; null when none did. */
  exit_code: number | null;
  /** The last lines that the container wrote, without secrets; empty when there are none. */
  log: string;
  /** Milliseconds since 1970. */
  at: number;
}

/** A wait that was drawn by chance, so that a fleet doesn't act in one moment. Milliseconds since 1970. */
export interface Hold {
  /** When it was drawn: a clock that is before it was set back. */
  from: number;
  until: number;
}

/** A container whose health check fails, or has failed. */
export interface Unhealthy {
  /** Milliseconds since 1970; null while it doesn't fail. */
  since: number | null;
  /** Restarts for it since it was healthy. */
  attempts: number;
  /** All restarts for it. */
  restarts: number;
}

/** How often a container's program has ended and was restarted by the engine. */
export interface Crashes {
  /** The engine's count at the last look. */
  restart_count: number;
  /** Ends since it was steady. */
  times: number;
  /** Of the last end; null when nobody looked in time. */
  exit_code: number | null;
  /** The last end, milliseconds since 1970. */
  at: number;
}

/** How often a replica was started, while nothing else was wanted of it. */
export interface Starts {
  /** From 1. */
  times: number;
  /** The last one, milliseconds since 1970. */
  at: number;
  /** Milliseconds since 1970; before it there is no further one. */
  wait_until: number;
}

export interface ImagePin {
  image: string;
  /** The release token that it was pulled for. */
  release: number;
  image_id: string;
  /** The platform that was asked for; the server's own when absent. */
  platform?: string;
  /** With `pull_policy` `always`: the fingerprint of the first replica of the version that it was pulled for, as it was before any restart or roll. */
  made_for?: string;
}

export interface Failure {
  step: StepKind;
  /** The engine's own words. */
  message: string;
  /** The last lines that its container wrote, without secrets; absent where there are none. */
  log?: string;
  /** Consecutive failures, from 1. */
  attempts: number;
  /** Trying again can't help; only another fingerprint can. A container that runs is not stopped for it again. */
  terminal: boolean;
  /** The first of them, milliseconds since 1970; the last one when absent, as earlier versions noted it. */
  since?: number;
  /** The last of them, milliseconds since 1970. */
  failed_at: number;
  /** Milliseconds since 1970; before it the step isn't planned again. */
  retry_at: number;
}

export function emptyMemory(): AppMemory {
  return {
    subject: null,
    pin: null,
    failures: {},
    late_pull: null,
    good: null,
    roll: 0,
    prune: 0,
    rolling: false,
    verdict: null,
    hold: null,
    unhealthy: {},
    readied: [],
    begun: {},
    found: null,
    crashes: {},
    denied: {},
    lacking: {},
    warnings: [],
    machine: null,
    starts: {},
  };
}
