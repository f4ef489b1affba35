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
  const problems = [...imageIdProblems(result.value), ...specSizeProblems(result.value)];
  return problems.length === 0 ? result : { ok: false, problems };
}

/** No rule of the field itself: workers read messages by those, and older apis have written ids. */
function imageIdProblems({ docker_image: value }: AppSpec): FieldProblem[] {
  if (!isImageId(value)) return [];
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
