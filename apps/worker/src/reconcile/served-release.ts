import { imageWithTag, type Tokens } from '@nebula/contracts';
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
  // Under a verdict nothing is pulled, so a release that was not there when it came isn't there still.
  const isDelayed = isHeld || (isPulled && (isLate || memory.verdict !== null));
  const before = isDelayed ? tokensBefore(situation, image) : null;
  if (before === null) return { situation, lanes: [], problems: [] };
  if (isHeld) return { situation: served(situation, before), lanes: [], problems: [pullLater(situation)] };
  const failure = activeFailure(memory, key, now);
  return {
    situation: served(situation, before),
    lanes: failure ? [] : [[{ kind: 'pull', image, release, ...purposeOf(spec, desired) }]],
    problems: failure ? [problemOf(failure)] : [],
  };
}

/** The situation that the app is served, judged and gone back to by: as of before a release that is not there yet. */
export function asServed(wanted: Situation): Situation {
  return servedRelease(wanted).situation;
}

function served(situation: Situation, tokens: Tokens): Situation {
  return { ...situation, desired: { ...situation.desired, tokens } };
}

/** The tokens that can be served without a pull; null when there are none, or when the wanted release is there. */
function tokensBefore(situation: Situation, image: string): Tokens | null {
  const { desired, memory, observed } = situation;
  const { pin } = memory;
  const has = (reference: string): boolean => Boolean(observed.images[reference]);
  const there = has(image) || (pin?.image === image && has(pin.image_id));
  if (!there || (pin?.release ?? 0) === desired.tokens.release) return null;
  if (serves(desired.tokens, situation)) return null;
  return pin ? tokensOfRelease(pin.release, situation) : tokensOfContainers(situation);
}

/** The wanted tokens, were this release the newest: with the roll that a container has which is right but for both. */
function tokensOfRelease(release: number, situation: Situation): Tokens {
  const { good } = situation.memory;
  const candidates = candidatesOf(release, situation);
  const known = good && candidates.find(({ roll }) => roll === good.tokens.roll);
  const fallback: Tokens = { ...situation.desired.tokens, release };
  return candidates.find((tokens) => serves(tokens, situation)) ?? known ?? candidates[0] ?? fallback;
}

/**
 * A release that rolls was asked for together with its roll, so neither is there before the pull: the roll before it is
 * the one that the last good version had, or that of the release before, or there was none. Any other roll is a wish of
 * its own, which needs no pull.
 */
function candidatesOf(release: number, { desired, memory }: Situation): Tokens[] {
  const { tokens } = desired;
  const isOne = tokens.roll > 0 && tokens.roll === tokens.release;
  const rolls = isOne ? new Set([memory.good?.tokens.roll ?? 0, 0, release]) : [tokens.roll];
  return [...rolls].map((roll) => ({ ...tokens, release, roll }));
}

/** A container is right for these tokens. */
function serves(tokens: Tokens, { spec, observed }: Situation): boolean {
  return observed.containers.some(
    ({ fingerprint, replica }) => replica > 0 && isRight(fingerprint, spec, replica, tokens),
  );
}

/** So many fingerprints are compared at most, which takes some tenths of a second. */
const MOST_COMPARISONS = 5_000;

/**
 * The tokens of the newest release before the wanted one that a container is right for: without a memory only they know
 * it. Those of the first one when there is none, since then nothing that runs is right; null when that can't be told in
 * time.
 */
function tokensOfContainers(situation: Situation): Tokens | null {
  const { containers } = situation.observed;
  const wanted = situation.desired.tokens.release;
  if (containers.length === 0) return tokensOfRelease(0, situation);
  const last = Math.max(0, wanted - Math.floor(MOST_COMPARISONS / containers.length));
  for (let release = wanted - 1; release >= last; release -= 1) {
    const found = candidatesOf(release, situation).find((tokens) => serves(tokens, situation));
    if (found) return found;
  }
  return last === 0 ? tokensOfRelease(0, situation) : null;
}
