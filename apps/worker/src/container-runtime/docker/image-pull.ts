import { imageWithTag, registryOf } from '@nebula/contracts';
import { fitsPlatform } from '../../reconcile/platform.js';
import type { FoundImage, PullOptions } from '../container-runtime.js';
import type { RegistryCredentials } from '../registry/registry-credentials.js';
import { RuntimeError } from '../runtime-error.js';
import type { DockerClient } from './docker-client.js';
import { pullError, toRuntimeError } from './docker-errors.js';
import { jsonLines } from './json-lines.js';
import { pullFailure, stuckPull } from './pull-failure.js';
import { ProgressReader } from './pull-progress.js';
import { READ_LIMIT } from './read-limit.js';

/** Longest time without any progress, seconds. The engine itself tries a registry that doesn't answer for less. */
export const PULL_IDLE_LIMIT = 180;

/** The parts of an image that are used. */
interface ImageInfo {
  Id: string;
  Os?: string;
  Architecture?: string;
  Variant?: string;
}

/** A local image, null when it is not there. */
export async function localImage(client: DockerClient, reference: string): Promise<FoundImage | null> {
  try {
    const image = (await client.read(READ_LIMIT, `/images/${reference}/json`)) as ImageInfo;
    const { Id: id, Os = '', Architecture = '', Variant } = image;
    return { id, platform: [Os, Architecture, ...(Variant ? [Variant] : [])].join('/') };
  } catch (error) {
    if (error instanceof RuntimeError && error.kind === 'missing') return null;
    throw error;
  }
}

/** Pulls images with one engine, which downloads few layers at a time, over all pulls. */
export class ImagePuller {
  /** When any pull has last made progress, milliseconds of a clock that never goes back. */
  private progressAt = 0;

  /** @param idleLimit longest time without any progress, seconds. */
  constructor(
    private readonly client: DockerClient,
    private readonly credentials: RegistryCredentials,
    private readonly idleLimit = PULL_IDLE_LIMIT,
  ) {}

  /**
   * Pulls an image and answers its local id.
   *
   * @param signal ends it; what was downloaded stays with the engine for the next try.
   * @throws {RuntimeError} `missing` when the registry doesn't have it.
   */
  async pull(reference: string, signal: AbortSignal, options: PullOptions = {}): Promise<string> {
    // Without a tag the engine pulls every tag that there is.
    const image = imageWithTag(reference);
    const ended = (): RuntimeError => new RuntimeError('other', `the pull of ${image} was ended`);
    if (signal.aborted) throw ended();
    const found = await this.credentials.for(registryOf(image));
    const reader = new ProgressReader();
    const stuck = new AbortController();
    const idle = setTimeout(() => {
      // The engine may be busy with the layers of other pulls, and has said nothing of this one since.
      const isWaiting = reader.isQueued && performance.now() - this.progressAt < this.idleLimit * 1000;
      if (isWaiting) idle.refresh();
      else stuck.abort();
    }, this.idleLimit * 1000);
    try {
      const abortSignal = AbortSignal.any([signal, stuck.signal]);
      abortSignal.throwIfAborted();
      const { platform } = options;
      // With a body, which nobody reads, the engine notices that its client has gone only when it has something to say,
      // so a download that stands still would outlive its pull, and the next pull would share it.
      const query = {
        _query: { fromImage: image, ...(platform ? { platform } : {}) },
        ...{ _body: {}, abortSignal },
      };
      const auth = found.auth ? { key: found.auth.header() } : {};
      const stream = await this.client.open(this.idleLimit + 1, (docker) => docker.createImage(auth, query));
      for await (const line of jsonLines(stream)) {
        idle.refresh();
        this.progressAt = performance.now();
        const problem = problemIn(line);
        if (problem !== null) throw pullError(problem);
        reader.read(line);
        options.onProgress?.(reader.progress());
      }
    } catch (error) {
      if (signal.aborted) throw ended();
      if (stuck.signal.aborted) throw stuckPull(image, this.idleLimit);
      throw pullFailure(toRuntimeError(error, this.client.host), image, found);
    } finally {
      clearTimeout(idle);
    }
    const pulled = await localImage(this.client, image);
    if (!pulled) throw new RuntimeError('missing', `the image ${image} is gone right after its pull`);
    // Of an image that there is for one platform alone the engine takes that, whichever was asked for.
    const { platform = null } = options;
    if (platform !== null && !fitsPlatform(pulled.platform, platform, platform)) {
      const message = `the registry has ${image} for ${pulled.platform}, not for ${platform}`;
      throw new RuntimeError('missing', message);
    }
    return pulled.id;
  }
}

/** The engine has answered 200 by the time it fails, so a failure is a line of its progress. */
function problemIn(line: unknown): string | null {
  if (typeof line !== 'object' || line === null || !('error' in line)) return null;
  return typeof line.error === 'string' ? line.error : JSON.stringify(line.error);
}
