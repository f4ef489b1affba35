import { imageWithTag } from '@nebula/contracts';
import type { DesiredApp } from './desired.js';
import { activeFailure, pullKey } from './failure-key.js';
import type { AppMemory, Failure, ImagePin } from './memory.js';
import type { ObservedApp, ObservedContainer } from './observed.js';
import type { Step } from './step.js';

/** Whether containers can be created, and from what; else the step that makes it so, or why it can't be done now. */
export type ImageChoice =
  | { kind: 'ready'; image: string }
  | { kind: 'step'; step: Step & { kind: 'pull' | 'pin' } }
  | { kind: 'failed'; failure: Failure };

/** References and ids of images that the planner needs to be told about in `ObservedApp.images`. */
export function imagesToLookUp(desired: DesiredApp, memory: AppMemory): string[] {
  if (!desired.spec) return [];
  const { good, pin } = memory;
  const images = [imageWithTag(desired.spec.docker_image), ...(pin ? [pin.image_id] : [])];
  // An update that fails is taken back in the same look.
  if (good) images.push(imageWithTag(good.spec.docker_image), ...(good.pin ? [good.pin.image_id] : []));
  return [...new Set(images)];
}

/** The pin, if it was made for this image and release. */
export function currentPin(desired: DesiredApp, memory: AppMemory): ImagePin | null {
  const { pin } = memory;
  const current =
    pin &&
    desired.spec &&
    pin.image === imageWithTag(desired.spec.docker_image) &&
    pin.release === desired.tokens.release;
  return current ? pin : null;
}

/**
 * The build of the image that this app's containers are made from. A reference is resolved once per image and
 * release; from then on the pin says which build is meant, however its tag moves.
 *
 * When the pinned build is gone from the engine, no container uses it any more, so another build of the same
 * reference mixes with nothing: what is there is taken before the registry is asked.
 *
 * @param right containers that are right already: a worker that lost its memory takes their build.
 */
export function chooseImage(
  desired: DesiredApp,
  reference: string,
  observed: ObservedApp,
  memory: AppMemory,
  right: readonly ObservedContainer[],
  now: number,
): ImageChoice {
  const { release } = desired.tokens;
  const pin = currentPin(desired, memory);
  const local = observed.images[reference] ?? null;

  if (pin && observed.images[pin.image_id]) {
    // By its reference if possible, so that `docker ps` shows a name.
    return { kind: 'ready', image: local === pin.image_id ? reference : pin.image_id };
  }
  const adopted = pin ? null : adoptedImage(right);
  // A release was pulled once, for the image of that time; an image that came after it is as any other.
  const released = release === 0 || memory.pin?.release === release;
  const image_id = adopted ?? (released ? local : null);
  if (image_id) return { kind: 'step', step: { kind: 'pin', image: reference, release, image_id } };

  const failure = activeFailure(memory, pullKey(reference, release), now);
  if (failure) return { kind: 'failed', failure };
  return { kind: 'step', step: { kind: 'pull', image: reference, release } };
}

/** The image id of the newest right container. */
function adoptedImage(right: readonly ObservedContainer[]): string | null {
  return right.toSorted((a, b) => b.created_at - a.created_at || (a.id < b.id ? -1 : 1))[0]?.image_id ?? null;
}
