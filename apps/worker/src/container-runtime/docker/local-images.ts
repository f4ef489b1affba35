import type { LocalImage } from '../container-runtime.js';
import { RuntimeError } from '../runtime-error.js';
import type { DockerClient } from './docker-client.js';
import { READ_LIMIT } from './read-limit.js';

/** Seconds; it deletes files. */
const REMOVE_LIMIT = 120;

/** In the list of images these stand for no name. */
const NO_NAME = /^<none>[:@]<none>$/;

/** All images of the engine that have a name or were pulled, with who uses them. */
export async function listImages(client: DockerClient): Promise<LocalImage[]> {
  const [images, containers] = await Promise.all([
    client.ask(READ_LIMIT, (docker, abortSignal) => docker.listImages({ abortSignal })),
    client.ask(READ_LIMIT, (docker, abortSignal) => docker.listContainers({ all: true, abortSignal })),
  ]);
  const used = new Set(containers.map(({ ImageID }) => ImageID));
  return images.map(({ Id, RepoTags, RepoDigests, Size }) => ({
    id: Id,
    names: [...(RepoTags ?? []), ...(RepoDigests ?? [])].filter((name) => !NO_NAME.test(name)),
    size_bytes: Size,
    is_used: used.has(Id),
  }));
}

/** Removes an image by its tags, so that none is taken that it has beside them; without tags by its id. Never by force. */
export async function removeImage(client: DockerClient, id: string, tags: readonly string[]): Promise<void> {
  for (const name of tags.length > 0 ? tags : [id]) {
    try {
      await client.ask(REMOVE_LIMIT, (docker, abortSignal) =>
        docker.getImage(name).remove({ noprune: true, abortSignal }),
      );
    } catch (error) {
      if (!(error instanceof RuntimeError && error.kind === 'missing')) throw error;
    }
  }
}
