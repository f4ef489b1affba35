import { LABELS } from '@nebula/contracts';
import pLimit from 'p-limit';
import { RuntimeError } from '../runtime-error.js';
import type { DockerClient } from './docker-client.js';
import { READ_LIMIT } from './read-limit.js';

/** Seconds. */
const CHANGE_LIMIT = 120;

/** The networks of one engine. */
export class DockerNetworks {
  /** One creation at a time: two at once can give the engine two networks of one name, and then no name works. */
  private readonly creation = pLimit(1);

  constructor(private readonly client: DockerClient) {}

  /** Names of all networks, or of those with a worker's label of this scope. */
  async names(scope?: string): Promise<string[]> {
    const filters = scope === undefined ? {} : { filters: { label: [`${LABELS.scope}=${scope}`] } };
    const networks = await this.client.ask(READ_LIMIT, (docker, abortSignal) =>
      docker.listNetworks({ ...filters, abortSignal }),
    );
    return networks.map(({ Name }) => Name);
  }

  /** Succeeds when a network of that name is there, whoever made it. */
  async create(name: string, scope: string): Promise<void> {
    await this.creation(async () => {
      await this.client
        .ask(CHANGE_LIMIT, (docker, abortSignal) =>
          docker.createNetwork({
            Name: name,
            Driver: 'bridge',
            CheckDuplicate: true,
            Labels: { [LABELS.scope]: scope },
            abortSignal,
          }),
        )
        .catch(async (error: unknown) => {
          // Docker calls it a conflict, Podman an error of its own: what counts is that it is there.
          if (isKind(error, 'unavailable') || !(await this.names()).includes(name)) throw error;
        });
    });
  }

  /** Succeeds when it is gone; one that is in use is a `conflict`. */
  async remove(name: string): Promise<void> {
    await this.client
      .ask(CHANGE_LIMIT, (docker, abortSignal) => docker.getNetwork(name).remove({ abortSignal }))
      .catch(ignore('missing'));
  }

  /** @param aliases names by which others in it find the container, beside its own. */
  async connect(name: string, container: string, aliases: readonly string[]): Promise<void> {
    await this.client.ask(CHANGE_LIMIT, (docker, abortSignal) => {
      const endpoint = aliases.length > 0 ? { EndpointConfig: { Aliases: [...aliases] } } : {};
      const options = { Container: container, ...endpoint, abortSignal };
      return docker.getNetwork(name).connect(options);
    });
  }

  async disconnect(name: string, container: string): Promise<void> {
    await this.client.ask(CHANGE_LIMIT, (docker, abortSignal) =>
      docker.getNetwork(name).disconnect({ Container: container, abortSignal }),
    );
  }
}

function ignore(kind: RuntimeError['kind']): (error: unknown) => void {
  return (error) => {
    if (!isKind(error, kind)) throw error;
  };
}

function isKind(error: unknown, kind: RuntimeError['kind']): boolean {
  return error instanceof RuntimeError && error.kind === kind;
}
