import { imageWithTag, replicasOn, updatePolicy } from '@nebula/contracts';
import { isRight } from './fingerprint.js';
import { needsNewContainer } from './in-place.js';
import type { GoodVersion, ImagePin, Verdict } from './memory.js';
import { isOnHold } from './memory-updates.js';
import type { ObservedContainer } from './observed.js';
import type { Situation } from './plan-input.js';
import { asServed, servedRelease } from './served-release.js';
import { isServedWell, whyNotServed } from './update.js';
import { isAsGood, updateFailure } from './update-failure.js';
import { updateLater } from './problems.js';
import type { PlanProblem, Step } from './step.js';

/** The replicas that are served by one version of the app. */
export interface Part {
  situation: Situation;
  /** What runs for them is kept up as it is: nothing is known that they could be made from. */
  isFrozen: boolean;
  /** The random wait before the change doesn't concern it. */
  isBeforeHold: boolean;
  replicas: readonly number[];
  /** What is done or told beside, about an image that can't be had. */
  lanes: Step[][];
  problems: PlanProblem[];
}

/** Which version serves which replica, each replica in one part. */
export interface Versions {
  /** Says how many replicas there are, and how they are updated. */
  lead: Situation;
  parts: Part[];
  problems: PlanProblem[];
}

/**
 * As a rule every replica is served by the version that is wanted. When its update has failed, `rollback` serves the last
 * good version instead. `pause` leaves each replica with the version that it has: what is missing is made as of the last
 * good one, and what is of neither is kept up as it is. Without a good one there is nothing to go back to, so it is a
 * pause; what was never served is tried on.
 */
export function versionsOf(wanted: Situation): Versions {
  const { verdict, good } = wanted.memory;
  if (verdict) return versionsUnder(verdict, asServed(wanted));
  const { situation, lanes, problems } = servedRelease(wanted);
  const before = good && isOnHold(wanted.memory, wanted.now) ? asOf(good, situation) : null;
  const delayed = before ? delayedReplicas(situation, before) : [];
  const replicas = all(situation.replicas).filter((replica) => !delayed.includes(replica));
  const parts = [{ ...part(situation, replicas), lanes, problems }];
  if (!before || delayed.length === 0) return { lead: situation, parts, problems: [] };
  const kept = { ...part(before, delayed), isBeforeHold: true };
  return { lead: situation, parts: [...parts, kept], problems: [updateLater(situation)] };
}

/**
 * The replicas that are served by the version before until the random wait is over: what goes missing is made as of that,
 * since what the change needs may not be there. One that has the change already keeps it.
 */
function delayedReplicas(wanted: Situation, before: Situation): number[] {
  const isNew = isAsWanted(wanted);
  return all(Math.min(wanted.replicas, before.replicas)).filter(
    (replica) => !isAsGood(replica, wanted) && !hasRun(replica, wanted, isNew),
  );
}

function versionsUnder(verdict: Verdict, wanted: Situation): Versions {
  const { good } = wanted.memory;
  const before = good && asOf(good, wanted);
  if (before && updatePolicy(wanted.spec).on_failure === 'rollback') {
    const problems = [verdictProblem(verdict, wayBack(good, before))];
    return { lead: before, parts: [part(before, all(before.replicas))], problems };
  }
  const problems = [verdictProblem(verdict, 'is paused')];
  const runs =
    (version: Situation | null) =>
    (replica: number): boolean =>
      version !== null && hasRun(replica, wanted, isAsWanted(version));
  const replicas = all(wanted.replicas);
  // One that has failed to start is there only because the worker ended before the one before it came back.
  const isNew = (replica: number): boolean =>
    runs(wanted)(replica) && updateFailure(replica, wanted) === null;
  const isOld = runs(before);
  const isMissing = (replica: number): boolean => !hasRun(replica, wanted, () => true);
  const rest = replicas.filter((replica) => !isNew(replica));
  // What is of neither version, as of an update before that was not done, is left as it is.
  const other = rest.filter((replica) => !isOld(replica) && !isMissing(replica));
  const known = rest.filter((replica) => !other.includes(replica));
  const parts = [
    part(wanted, before ? replicas.filter(isNew) : [...replicas.filter(isNew), ...known]),
    ...(before ? [part(before, known)] : []),
    { ...part(wanted, other), isFrozen: true },
  ];
  return { lead: wanted, parts, problems };
}

/** How far the way back to the last good version is. */
function wayBack({ revision }: GoodVersion, before: Situation): string {
  if (isServedWell(before)) return `is taken back to revision ${revision}`;
  const why = whyNotServed(before);
  const either = why === null ? '' : `, which does not get ready either (${why})`;
  return `is being taken back to revision ${revision}${either}`;
}

/** The numbers of so many replicas. */
function all(replicas: number): number[] {
  return Array.from({ length: replicas }, (_, index) => index + 1);
}

function part(situation: Situation, replicas: readonly number[]): Part {
  return { situation, isFrozen: false, isBeforeHold: false, replicas, lanes: [], problems: [] };
}

/** The situation were the last good version wanted, but for how it is updated. */
export function asOf(good: GoodVersion, wanted: Situation): Situation {
  const { desired, memory, node } = wanted;
  const spec = { ...good.spec, update: wanted.spec.update };
  return {
    ...wanted,
    desired: { ...desired, spec, tokens: good.tokens },
    spec,
    replicas: replicasOn(spec.containers_per, node),
    memory: { ...memory, pin: pinFor(good, memory.pin) },
  };
}

/** The build that was kept with a version, or one that was taken for it since, as the kept one is gone. */
export function pinFor({ spec, tokens, pin }: GoodVersion, newest: ImagePin | null): ImagePin | null {
  const isSince =
    newest?.image === imageWithTag(spec.docker_image) &&
    newest.release === tokens.release &&
    newest.platform === pin?.platform &&
    newest.made_for === pin?.made_for;
  return isSince ? newest : pin;
}

function hasRun(
  replica: number,
  { observed }: Situation,
  counts: (container: ObservedContainer) => boolean,
): boolean {
  return observed.containers.some(
    (container) => container.replica === replica && container.started_at > 0 && counts(container),
  );
}

function isAsWanted({ spec, desired, node }: Situation): (container: ObservedContainer) => boolean {
  return (container) => {
    const { fingerprint, replica, state } = container;
    if (state === 'dead' || state === 'removing') return false;
    return isRight(fingerprint, spec, replica, desired.tokens) && !needsNewContainer(container, spec, node);
  };
}

function verdictProblem({ revision, reason, exit_code, log }: Verdict, what: string): PlanProblem {
  const code = exit_code === null ? '' : ` (exit code ${exit_code})`;
  const lines = log === '' ? '' : `; its last lines:\n${log}`;
  const message = `the update to revision ${revision} ${what}: ${reason}${code}${lines}`;
  return { step: 'update', message, retry_at: null };
}
