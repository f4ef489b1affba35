import { imageWithTag } from '@nebula/contracts';
import { activeFailure, failureOf, pullKey } from './failure-key.js';
import { isRight } from './fingerprint.js';
import { purposeOf } from './image.js';
import type { Situation } from './plan-input.js';
import { isOnHold } from './memory-updates.js';
import { problemOf, pullLater } from './problems.js';
import type { PlanProblem, Step } from './step.js';

/** The situation to plan for, and what is done or told beside that about a release whose image can't be had. */
export interface ServedRelease {
  situation: Situation;
  lanes: Step[][];
  problems: PlanProblem[];
}

/**
 * A release asks for a pull. While that takes long, or has failed, the release is not there yet, and the app is served
 * as of the one before it until the pull succeeds: a registry that is away must hold up neither the repair of a
 * container nor any other change, which need only what the server has. A pull that is quick is waited for, so that
 * nothing is started for a moment.
 */
export function servedRelease(situation: Situation): ServedRelease {
  const { desired, spec, memory, now } = situation;
  const image = imageWithTag(spec.docker_image);
  const { release } = desired.tokens;
  const key = pullKey(image, release);
  const isPulled = spec.pull_policy !== 'never';
  const isHeld = isPulled && isOnHold(memory, now);
  const isLate = memory.late_pull === key || failureOf(memory, key) !== null;
  const isDelayed = isHeld || (isPulled && isLate);
  const before = isDelayed ? releaseBefore(situation, image) : null;
  if (before === null) return { situation, lanes: [], problems: [] };
  if (isHeld) return { situation: served(situation, before), lanes: [], problems: [pullLater(situation)] };
  const failure = activeFailure(memory, key, now);
  return {
    situation: served(situation, before),
    lanes: failure ? [] : [[{ kind: 'pull', image, release, ...purposeOf(spec, desired) }]],
    problems: failure ? [problemOf(failure)] : [],
  };
}

function served(situation: Situation, release: number): Situation {
  const { desired } = situation;
  return { ...situation, desired: { ...desired, tokens: { ...desired.tokens, release } } };
}

/** The release that can be served without a pull; null when there is none, or when the wanted one is there. */
function releaseBefore(situation: Situation, image: string): number | null {
  const { desired, memory, observed } = situation;
  const { pin } = memory;
  const has = (reference: string): boolean => Boolean(observed.images[reference]);
  const there = has(image) || (pin?.image === image && has(pin.image_id));
  if (!there || (pin?.release ?? 0) === desired.tokens.release) return null;
  if (serves(desired.tokens.release, situation)) return null;
  return pin ? pin.release : releaseOfContainers(situation);
}

/** A container is right but for its release, which is this one. */
function serves(release: number, { desired, spec, observed }: Situation): boolean {
  const tokens = { ...desired.tokens, release };
  return observed.containers.some(
    ({ fingerprint, replica }) => replica > 0 && isRight(fingerprint, spec, replica, tokens),
  );
}

/** So many fingerprints are compared at most, which takes some tenths of a second. */
const MOST_COMPARISONS = 5_000;

/**
 * The newest release before the wanted one that a container is right for: without a memory only they know it. The first
 * one when there is none, since then nothing that runs is right; null when that can't be told in time.
 */
function releaseOfContainers(situation: Situation): number | null {
  const { containers } = situation.observed;
  const wanted = situation.desired.tokens.release;
  if (containers.length === 0) return 0;
  const last = Math.max(0, wanted - Math.floor(MOST_COMPARISONS / containers.length));
  for (let release = wanted - 1; release >= last; release -= 1) {
    if (serves(release, situation)) return release;
  }
  return last === 0 ? 0 : null;
}
