import { registryOf } from '@nebula/contracts';
import type { FoundCredentials } from '../registry/registry-credentials.js';
import { RuntimeError } from '../runtime-error.js';

/** Words in which registries refuse somebody. What somebody may not see is often said to be missing. */
const REFUSED = /unauthorized|denied|authentication|basic auth|forbidden|status(?: code)?:? 40[13]\b/i;

const MAKE_SPACE = 'make some, for example with POST /prune, which removes images that nothing needs';

const DISK_FULL = /no space left on device|disk quota exceeded/i;

/**
 * A failed pull in words that say which registry and why. The engine's own are kept; credentials are in none of them.
 *
 * @param error as the engine said it. That the engine itself is away, or that the reference is none, stays as it is.
 */
export function pullFailure(
  error: RuntimeError,
  image: string,
  { origin, failed }: FoundCredentials,
): RuntimeError {
  if (error.kind === 'unavailable' || error.kind === 'invalid') return error;
  const { message } = error;
  if (DISK_FULL.test(message)) {
    return new RuntimeError(
      'other',
      `the disk of the Docker Engine has no space for ${image}; ${MAKE_SPACE}: ${message}`,
    );
  }
  const asked = failed || REFUSED.test(message) ? `, asked ${origin},` : '';
  const text = `the registry ${registryOf(image)}${asked} did not give ${image}: ${message}`;
  return new RuntimeError(error.kind, text, { cause: error });
}

/** @param seconds without progress, after which the pull was given up. */
export function stuckPull(image: string, seconds: number): RuntimeError {
  const text = `the pull of ${image} from the registry ${registryOf(image)} made no progress for ${seconds} s`;
  return new RuntimeError('other', text);
}
