import { imageWithTag } from '@nebula/contracts';
import type { PullOptions } from '../container-runtime.js';
import { RuntimeError } from '../runtime-error.js';
import type { DockerClient } from './docker-client.js';
import { pullError, toRuntimeError } from './docker-errors.js';
import { jsonLines } from './json-lines.js';

/** Seconds. */
const INSPECT_LIMIT = 30;

/** Longest time without any progress, seconds. The engine itself tries a registry that doesn't answer for less. */
export const PULL_IDLE_LIMIT = 180;

/** Id of a local image, null when it is not there. */
export async function localImageId(client: DockerClient, reference: string): Promise<string | null> {
  try {
    const image = (await client.read(INSPECT_LIMIT, `/images/${reference}/json`)) as { Id: string };
    return image.Id;
  } catch (error) {
    if (error instanceof RuntimeError && error.kind === 'missing') return null;
    throw error;
  }
}

/**
 * Pulls an image and answers its local id.
 *
 * @param signal ends it; what was downloaded stays with the engine for the next try.
 * @param options the platform of an index that has several.
 * @param idleLimit longest time without any progress, seconds.
 * @throws {RuntimeError} `missing` when the registry doesn't have it.
 */
export async function pullImage(
  client: DockerClient,
  reference: string,
  signal: AbortSignal,
  { platform = null }: PullOptions = {},
  idleLimit = PULL_IDLE_LIMIT,
): Promise<string> {
  // Without a tag the engine pulls every tag that there is.
  const image = imageWithTag(reference);
  const stuck = new AbortController();
  const abortSignal = AbortSignal.any([signal, stuck.signal]);
  const idle = setTimeout(() => stuck.abort(), idleLimit * 1000);
  try {
    abortSignal.throwIfAborted();
    const stream = await client.open(idleLimit + 1, (docker) =>
      docker.createImage({ fromImage: image, ...(platform === null ? {} : { platform }), abortSignal }),
    );
    for await (const line of jsonLines(stream)) {
      idle.refresh();
      const problem = problemIn(line);
      if (problem !== null) throw pullError(problem);
    }
  } catch (error) {
    if (signal.aborted) throw new RuntimeError('other', `the pull of ${image} was ended`, { cause: error });
    if (stuck.signal.aborted) {
      throw new RuntimeError('other', `the pull of ${image} made no progress for ${idleLimit} s`);
    }
    throw toRuntimeError(error, client.host);
  } finally {
    clearTimeout(idle);
  }
  const id = await localImageId(client, image);
  if (id === null) throw new RuntimeError('missing', `the image ${image} is gone right after its pull`);
  return id;
}

/** The engine has answered 200 by the time it fails, so a failure is a line of its progress. */
function problemIn(line: unknown): string | null {
  if (typeof line !== 'object' || line === null || !('error' in line)) return null;
  return typeof line.error === 'string' ? line.error : JSON.stringify(line.error);
}
