import { MAX_MESSAGE_BYTES } from '../messages/desired-state.js';
import { parse } from '../parsing/parse.js';
import type { FieldProblem, ParseResult } from '../parsing/problem.js';
import { AppSpec, compactSpec } from './app-spec.js';
import { imageReference, isImageId } from './image-reference.js';

/** Longest JSON text of a spec without its defaults, bytes: what is left of a message by its envelope. */
export const MAX_SPEC_BYTES = MAX_MESSAGE_BYTES - 4_096;

/**
 * A spec as people write it, made whole with the defaults. Unknown fields are problems, and every problem is
 * listed.
 */
export function parseAppSpec(input: unknown): ParseResult<AppSpec> {
  const result = parse(AppSpec, input, { unknownFields: 'reject' });
  if (!result.ok) return result;
  const problems = specSizeProblems(result.value);
  return problems.length === 0 ? result : { ok: false, problems };
}

/**
 * What is wrong with the image of a spec that an app is given: a problem or none. An id of an image is refused, but to an
 * app that has that very id: older apis have stored such, and workers have kept them, so it is no rule of the field.
 * @param previous spec that the app has, null when there is none
 */
export function imageIdProblems(
  { docker_image: value }: AppSpec,
  previous: Pick<AppSpec, 'docker_image'> | null,
): FieldProblem[] {
  if (!isImageId(value) || value === previous?.docker_image) return [];
  const message = `must be ${imageReference.allowed}: Docker takes ${JSON.stringify(value)} for the id of an image, which says nothing on another server`;
  return [{ pointer: '/docker_image', value, message }];
}

/** What is wrong with the size of a spec: a problem or none. */
export function specSizeProblems(spec: AppSpec): FieldProblem[] {
  const bytes = Buffer.byteLength(JSON.stringify(compactSpec(spec)));
  if (bytes <= MAX_SPEC_BYTES) return [];
  const message = `must be at most ${MAX_SPEC_BYTES} bytes of JSON so that it fits in a message, not ${bytes}`;
  return [{ pointer: '', message }];
}
