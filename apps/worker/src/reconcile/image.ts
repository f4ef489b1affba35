import { type AppSpec, imageWithTag, type Tokens } from '@nebula/contracts';
import type { DesiredApp } from './desired.js';
import { activeFailure, pullKey } from './failure-key.js';
import { fingerprint } from './fingerprint.js';
import type { AppMemory, Failure, ImagePin } from './memory.js';
import type { NodeFacts, ObservedApp, ObservedContainer } from './observed.js';
import { fitsPlatform } from './platform.js';
import type { PlanProblem, Purpose, Step } from './step.js';

/** An image that somebody brings is looked for this often, milliseconds: the engine's events of images aren't listened to. */
const LOOK_AGAIN = 30_000;

/** Whether containers can be created, and from what; else the step that makes it so, or why it can't be done now. */
export type ImageChoice =
  | { kind: 'ready'; image: string }
  | { kind: 'step'; step: Step & { kind: 'pull' | 'pin' } }
  | { kind: 'failed'; failure: Failure }
  | { kind: 'absent'; problem: PlanProblem };

/** References and ids of images that the planner needs to be told about in `ObservedApp.images`. */
export function imagesToLookUp(desired: DesiredApp, memory: AppMemory): string[] {
  if (!desired.spec) return [];
  const { good, pin } = memory;
  const images = [imageWithTag(desired.spec.docker_image), ...(pin ? [pin.image_id] : [])];
  // An update that fails is taken back in the same look.
  if (good) images.push(imageWithTag(good.spec.docker_image), ...(good.pin ? [good.pin.image_id] : []));
  return [...new Set(images)];
}

/**
 * What a build is for beside its image and release. With `always` that is the version of the app: all of its containers,
 * those of later repairs and of scaling as well, are made from one build, and the next version asks the registry again.
 * A restart and a roll make no other version: they are from the image that is there.
 */
export function purposeOf(spec: AppSpec, { tokens }: Pick<DesiredApp, 'tokens'>): Purpose {
  return {
    ...(spec.platform === null ? {} : { platform: spec.platform }),
    ...(spec.pull_policy === 'always'
      ? { made_for: fingerprint(spec, 1, { ...tokens, restart: 0, roll: 0 }) }
      : {}),
  };
}

/** The build that was pinned for this image, release and purpose, now or when the last good version had the same. */
export function currentPin(desired: DesiredApp, { pin, good }: AppMemory): ImagePin | null {
  const { spec, tokens } = desired;
  if (!spec) return null;
  return [pin, good?.pin ?? null].find((kept) => kept && isPinOf(kept, spec, tokens)) ?? null;
}

/** Whether a build was pinned for this image, release and purpose. */
export function isPinOf(pin: ImagePin, spec: AppSpec, tokens: Tokens): boolean {
  return (
    pin.image === imageWithTag(spec.docker_image) &&
    pin.release === tokens.release &&
    (pin.platform ?? null) === spec.platform &&
    (spec.pull_policy !== 'always' || pin.made_for === purposeOf(spec, { tokens }).made_for)
  );
}

/**
 * The build of the image that this app's containers are made from. A reference is resolved once per image and
 * release; from then on the pin says which build is meant, however its tag moves.
 *
 * When the pinned build is gone from the engine, no container uses it any more, so another build of the same
 * reference mixes with nothing: what is there is taken before the registry is asked.
 *
 * A local image of another platform is none: its tag was pulled for that.
 *
 * @param right containers that are right already: a worker that lost its memory takes their build.
 */
export function chooseImage(
  desired: DesiredApp,
  reference: string,
  observed: ObservedApp,
  memory: AppMemory,
  right: readonly ObservedContainer[],
  { platform: server }: Pick<NodeFacts, 'platform'>,
  now: number,
): ImageChoice {
  const { spec } = desired;
  const { pull_policy = 'missing', platform: wanted = null } = spec ?? {};
  const { release } = desired.tokens;
  const purpose = spec ? purposeOf(spec, desired) : {};
  const pin = currentPin(desired, memory);
  const local = observed.images[reference] ?? null;

  if (pin && observed.images[pin.image_id]) {
    // By its reference if possible, so that `docker ps` shows a name.
    return { kind: 'ready', image: local === pin.image_id ? reference : pin.image_id };
  }
  const adopted = pin ? null : adoptedImage(right);
  // A release was pulled once, for the image of that time; an image that came after it is as any other.
  const released = release === 0 || memory.pin?.release === release;
  const platform = local === null ? undefined : observed.platforms?.[local];
  const fits = fitsPlatform(platform, wanted, server);
  const isEnough = pull_policy === 'never' || (pull_policy === 'missing' && released);
  const image_id = adopted ?? (isEnough && fits ? local : null);
  if (image_id)
    return { kind: 'step', step: { kind: 'pin', image: reference, release, image_id, ...purpose } };
  if (pull_policy === 'never') {
    const why =
      local === null
        ? 'is not on this server'
        : `on this server is for ${platform ?? 'another platform'}, not for ${wanted ?? server}`;
    return { kind: 'absent', problem: neverPulled(reference, why, now) };
  }

  const failure = activeFailure(memory, pullKey(reference, release), now);
  if (failure) return { kind: 'failed', failure };
  return { kind: 'step', step: { kind: 'pull', image: reference, release, ...purpose } };
}

function neverPulled(reference: string, why: string, now: number): PlanProblem {
  const message = `the image ${reference} ${why}, and pull_policy is never`;
  return { step: 'pull', message, retry_at: now + LOOK_AGAIN };
}

/** The image id of the newest right container. */
function adoptedImage(right: readonly ObservedContainer[]): string | null {
  return right.toSorted((a, b) => b.created_at - a.created_at || (a.id < b.id ? -1 : 1))[0]?.image_id ?? null;
}
