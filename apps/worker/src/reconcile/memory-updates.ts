import { desiredStateDigest, imageWithTag, replicasOn } from '@nebula/contracts';
import type { DesiredApp } from './desired.js';
import { containerKey, failureOf, pullKey } from './failure-key.js';
import { fingerprint } from './fingerprint.js';
import { isPinOf } from './image.js';
import { markOf } from './limits.js';
import type { AppMemory, Failure, ImagePin } from './memory.js';
import type { NodeSize } from './observed.js';
import type { Step, StepKind } from './step.js';

/** First wait after a failure, milliseconds. It doubles with each further one. */
const FIRST_WAIT = 1000;
/** Longest wait, milliseconds. */
const LONGEST_WAIT = 300_000;

/**
 * How long to wait after the n-th failure in a row, milliseconds. `jitter` from 0 to 1 takes up to half of it
 * away, so that servers which failed together don't try again together.
 */
export function backoff(attempts: number, jitter: number): number {
  const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempts - 1));
  return Math.round(wait * (1 - jitter / 2));
}

/** What is to be remembered of a step that failed. */
export interface FailedStep {
  /** `failureKey` of the step. */
  key: string;
  step: StepKind;
  /** The engine's own words. */
  message: string;
  /** Trying again can't help. */
  terminal: boolean;
  /** The last lines that its container wrote, without secrets. */
  log?: string;
}

/**
 * The memory after a failure at `now` (milliseconds since 1970).
 *
 * @param jitter random, from 0 to 1.
 */
export function afterFailure(memory: AppMemory, failed: FailedStep, now: number, jitter: number): AppMemory {
  const before = failureOf(memory, failed.key);
  const attempts = (before?.attempts ?? 0) + 1;
  const failure: Failure = {
    step: failed.step,
    message: failed.message,
    ...(failed.log ? { log: failed.log } : {}),
    attempts,
    terminal: failed.terminal,
    // A clock that was set back counts anew.
    since: Math.min(before?.since ?? before?.failed_at ?? now, now),
    failed_at: now,
    retry_at: now + backoff(attempts, jitter),
  };
  return { ...memory, failures: { ...memory.failures, [failed.key]: failure } };
}

/** The memory after a step has succeeded. The same object when there was nothing to forget. */
export function afterSuccess(memory: AppMemory, key: string): AppMemory {
  if (!failureOf(memory, key)) return memory;
  const { [key]: _done, ...failures } = memory.failures;
  return { ...memory, failures };
}

/**
 * The memory after a `pin` step, or after a pull that gave this image. What is for the last good version is kept with
 * that: it may be served beside the wanted one, and neither build takes the other's place.
 */
export function withPin(memory: AppMemory, given: ImagePin): AppMemory {
  const { image, release, image_id, platform, made_for } = given;
  const purpose = {
    ...(platform === undefined ? {} : { platform }),
    ...(made_for === undefined ? {} : { made_for }),
  };
  const pin: ImagePin = { image, release, image_id, ...purpose };
  const { good } = memory;
  if (!good || !isPinOf(pin, good.spec, good.tokens)) return { ...memory, pin };
  const isWantedToo = memory.pin === null || isPinOf(memory.pin, good.spec, good.tokens);
  return { ...memory, good: { ...good, pin }, ...(isWantedToo ? { pin } : {}) };
}

/** The memory after a `judge` step, which found these last lines of the container's log. */
export function withVerdict(
  memory: AppMemory,
  { revision, reason, exit_code }: Step & { kind: 'judge' },
  log: string,
  now: number,
): AppMemory {
  return { ...memory, verdict: { revision, reason, exit_code, log, at: now } };
}

/** The memory after images were pruned as this token asks. */
export function withPrune(memory: AppMemory, token: number): AppMemory {
  return { ...memory, prune: token };
}

/**
 * The memory with a random wait before pulls and replacements. One that is under way stays, also for a newer revision: so
 * nobody waits longer than once.
 *
 * @param seconds the longest wait.
 * @param random from 0 to 1.
 */
export function withHold(memory: AppMemory, seconds: number, now: number, random: number): AppMemory {
  if (isOnHold(memory, now)) return memory;
  const hold = seconds > 0 ? { from: now, until: now + Math.round(seconds * 1000 * random) } : null;
  return hold === memory.hold ? memory : { ...memory, hold };
}

/** Whether the random wait is under way. */
export function isOnHold({ hold }: AppMemory, now: number): boolean {
  return hold !== null && hold.from <= now && now < hold.until;
}

/** The memory after a `restart` step for a container that was unhealthy. */
export function withRestart(memory: AppMemory, id: string): AppMemory {
  const { attempts = 0, restarts = 0 } = memory.unhealthy[id] ?? {};
  const restarted = { since: null, attempts: attempts + 1, restarts: restarts + 1 };
  return { ...memory, unhealthy: { ...memory.unhealthy, [id]: restarted } };
}

/** The memory while the pull of this lane is under way and takes long. */
export function withLatePull(memory: AppMemory, lane: readonly Step[]): AppMemory {
  const pull = lane.find((step) => step.kind === 'pull');
  return pull ? { ...memory, late_pull: pullKey(pull.image, pull.release) } : memory;
}

/** The memory after a pull has ended, however it did. */
export function withoutLatePull(memory: AppMemory): AppMemory {
  return memory.late_pull === null ? memory : { ...memory, late_pull: null };
}

/** The memory of an app that has converged: nothing of its failures matters any more. */
export function afterConvergence(memory: AppMemory): AppMemory {
  return Object.keys(memory.failures).length === 0 ? memory : { ...memory, failures: {} };
}

/**
 * What a desired state wants of this server, as a digest. Without the wish to prune and the names of secrets, which touch no
 * container, and with the number of containers instead of the rule that it follows from.
 */
export function subjectOf({ deleted, spec, tokens }: DesiredApp, node: NodeSize): string {
  const containers_per = spec && { server: replicasOn(spec.containers_per, node) };
  const here = deleted || !spec || !containers_per ? null : { ...spec, secret_env_vars: [], containers_per };
  return desiredStateDigest(here, { ...tokens, prune: 0 });
}

/** Whether a desired state wants something else of this server than what the memory is about, as far as that is known. */
export function isChange(memory: AppMemory, desired: DesiredApp, node: NodeSize): boolean {
  return memory.subject !== subjectOf(desired, node);
}

/** The memory of a program that noted no subject yet, at a look at the desired state that it is about. */
export function withSubject(memory: AppMemory, desired: DesiredApp, node: NodeSize): AppMemory {
  return memory.subject === null ? { ...memory, subject: subjectOf(desired, node) } : memory;
}

/**
 * The memory at a new revision. One that wants nothing else of this server leaves all as it is: what has failed would fail
 * again. Otherwise a fix, or a wish repeated, is taken at once, so failures are forgotten. Those
 * stay that say of a container which is still wanted, exactly as it was, that it can never start. That a release could
 * not be pulled stays too, so that nothing waits for it, but it is tried at once. The verdict on an update is one on
 * what that wanted.
 */
export function onNewDesired(memory: AppMemory, desired: DesiredApp, node: NodeSize): AppMemory {
  const { deleted, spec, tokens } = desired;
  const entries = Object.entries(memory.failures);
  if (!isChange(memory, desired, node)) {
    const others = entries.filter(([, { step }]) => step !== 'prune');
    return others.length === entries.length ? memory : { ...memory, failures: Object.fromEntries(others) };
  }
  const kept = entries.filter(([, failure]) => failure.terminal);
  const wanted = kept.length > 0 ? wantedKeys(desired, node) : new Set();
  const isRelease = !deleted && spec?.running && tokens.release > 0;
  const release = isRelease ? pullKey(imageWithTag(spec.docker_image), tokens.release) : null;
  const due = entries
    .filter(([key]) => key === release)
    .map(([key, failure]) => [key, { ...failure, retry_at: failure.failed_at }] as const);
  return {
    ...memory,
    subject: subjectOf(desired, node),
    roll: tokens.roll,
    // A worker that was away may hear of a roll with a later change, so what counts is that the token is another one.
    rolling: memory.rolling || (tokens.roll > 0 && tokens.roll !== memory.roll),
    verdict: null,
    starts: {},
    warnings: [],
    failures: Object.fromEntries([...kept.filter(([key]) => wanted.has(key)), ...due]),
  };
}

/** Keys under which creating and starting the wanted containers would fail. */
function wantedKeys({ deleted, spec, tokens }: DesiredApp, node: NodeSize): Set<string> {
  const keys = new Set<string>();
  if (deleted || !spec?.running) return keys;
  const under = markOf(spec);
  const replicas = replicasOn(spec.containers_per, node);
  for (let replica = 1; replica <= replicas; replica += 1) {
    const label = fingerprint(spec, replica, tokens);
    keys.add(containerKey('create', replica, label, under)).add(containerKey('start', replica, label, under));
  }
  return keys;
}
