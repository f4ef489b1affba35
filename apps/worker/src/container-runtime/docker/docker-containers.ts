import { aliasesIn } from '@nebula/contracts';
import type { ContainerInspectInfo, HostConfig } from 'dockerode';
import type { Limits } from '../../reconcile/limits.js';
import type { ContainerDraft } from '../../reconcile/step.js';
import type { MadeContainer } from '../container-runtime.js';
import { RuntimeError } from '../runtime-error.js';
import { dockerLimits } from './config/limits-config.js';
import { dockerPolicy } from './config/policy-config.js';
import { containerConfig, USUAL_GRACE } from './container-config.js';
import type { DockerClient } from './docker-client.js';
import { statusOf } from './docker-errors.js';
import type { DockerNetworks } from './docker-networks.js';
import { inspectOrNull, isPublished, networksOf, plainName } from './observed-container.js';

/** Time limits, seconds. A loaded disk makes all slow; a stop may take its grace period more. */
const LIMIT = { change: 120, create: 120, start: 120, stop: 110, remove: 120 };

/** The engine's answer to an update. */
interface Updated {
  Warnings?: string[] | null;
}

interface Created extends Updated {
  Id: string;
}

/** The acts on containers of one engine. Each succeeds when what it wants is so already. */
export class DockerContainers {
  constructor(
    private readonly client: DockerClient,
    private readonly networks: DockerNetworks,
  ) {}

  /** Leaves nothing behind when it fails. */
  async make(draft: ContainerDraft): Promise<MadeContainer> {
    const body = containerConfig({ ...draft, networks: await this.byId(draft.networks) });
    const { platform } = draft.spec;
    // Engines from API 1.41 on make no container then from an image of another platform.
    const query = { name: draft.name, ...(platform === null ? {} : { platform }) };
    const answer = (await this.client.post(LIMIT.create, '/containers/create', query, body)) as Created;
    const { Id: id } = answer;
    try {
      for (const network of draft.networks.slice(1))
        await this.networks.connect(network, id, aliasesIn(network, draft.spec));
    } catch (error) {
      // If this fails too, what it lacks is seen at the next look.
      await this.remove(id).catch(() => undefined);
      throw error;
    }
    return { id, warnings: warningsIn(answer) };
  }

  /**
   * Names the container whose network is to be shared by its id, so that it can be told later whether it is still that
   * one. The engine does so itself only when it is there, and else takes any name.
   */
  private async byId(networks: readonly string[]): Promise<string[]> {
    const prefix = 'container:';
    const named = networks.map(async (network) => {
      if (!network.startsWith(prefix)) return network;
      const name = network.slice(prefix.length);
      const host = await inspectOrNull(this.client, name);
      if (host) return `${prefix}${host.Id}`;
      throw new RuntimeError('missing', `there is no container ${name} whose network could be shared`);
    });
    return await Promise.all(named);
  }

  async start(id: string): Promise<void> {
    await this.client
      .ask(LIMIT.start, (docker, abortSignal) => docker.getContainer(id).start({ abortSignal }))
      .catch(unchanged);
  }

  async restart(id: string, graceSeconds = USUAL_GRACE): Promise<void> {
    await this.client.ask(LIMIT.stop + LIMIT.start + graceSeconds, (docker, abortSignal) =>
      docker.getContainer(id).restart({ abortSignal }),
    );
  }

  async unpause(id: string): Promise<void> {
    await this.unless(
      id,
      ({ State }) => State.Running && !State.Paused,
      () =>
        this.client.ask(LIMIT.change, (docker, abortSignal) =>
          docker.getContainer(id).unpause({ abortSignal }),
        ),
    );
  }

  async connect(id: string, network: string, aliases: readonly string[]): Promise<void> {
    await this.unless(
      id,
      (info) => isPublished(info) && networksOf(info).includes(network),
      () => this.networks.connect(network, id, aliases),
    );
  }

  async disconnect(id: string, network: string): Promise<void> {
    await this.unless(
      id,
      (info) => !networksOf(info).includes(network),
      () => this.networks.disconnect(network, id),
    );
  }

  async stop(id: string, graceSeconds = USUAL_GRACE): Promise<void> {
    const stop = async (): Promise<void> => {
      await this.client
        .ask(LIMIT.stop + graceSeconds, (docker, abortSignal) =>
          docker.getContainer(id).stop({ abortSignal }),
        )
        .catch((error: unknown) => (isMissing(error) ? undefined : unchanged(error)));
    };
    try {
      await stop();
    } catch (error) {
      // Podman stops nothing that is paused.
      if (isUnavailable(error) || !(await inspectOrNull(this.client, id))?.State.Paused) throw error;
      await this.unpause(id);
      await stop();
    }
  }

  async rename(id: string, name: string): Promise<void> {
    await this.unless(
      id,
      (info) => plainName(info.Name) === name,
      () =>
        this.client.ask(LIMIT.change, (docker, abortSignal) =>
          docker.getContainer(id).rename({ name, abortSignal }),
        ),
    );
  }

  async setRestartPolicy(id: string, policy: string): Promise<void> {
    await this.update(id, { RestartPolicy: dockerPolicy(policy) });
  }

  async updateLimits(id: string, limits: Partial<Limits>): Promise<string[]> {
    return warningsIn(await this.update(id, dockerLimits(limits)));
  }

  private async update(id: string, settings: HostConfig): Promise<Updated> {
    try {
      return await this.client.ask(
        LIMIT.change,
        async (docker, abortSignal) =>
          (await docker.getContainer(id).update({ ...settings, abortSignal })) as Updated,
      );
    } catch (error) {
      // An engine without this call says the same as one that doesn't know the container.
      if (!isMissing(error) || !(await inspectOrNull(this.client, id))) throw error;
      const message = 'this engine can not change the restart policy and the limits of a container';
      throw new RuntimeError('unsupported', message, { cause: error });
    }
  }

  /** By force, with anonymous volumes. Waits for a removal that somebody else has begun. */
  async remove(id: string): Promise<void> {
    try {
      await this.client.ask(LIMIT.remove, (docker, abortSignal) =>
        docker.getContainer(id).remove({ force: true, v: true, abortSignal }),
      );
    } catch (error) {
      if (isMissing(error)) return;
      if (!(error instanceof RuntimeError && error.kind === 'conflict')) throw error;
      await this.untilRemoved(id);
    }
  }

  private async untilRemoved(id: string): Promise<void> {
    try {
      await this.client.ask(LIMIT.remove, (docker, abortSignal) =>
        docker.getContainer(id).wait({ condition: 'removed', abortSignal }),
      );
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  /** Acts, and takes a refusal for success when what is wanted is so already. */
  private async unless(
    id: string,
    isSo: (info: ContainerInspectInfo) => boolean,
    act: () => Promise<unknown>,
  ): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (isUnavailable(error)) throw error;
      const info = await inspectOrNull(this.client, id);
      if (!info || !isSo(info)) throw error;
    }
  }
}

function warningsIn({ Warnings }: Updated): string[] {
  return (Warnings ?? []).filter((text) => text !== '');
}

function isUnavailable(error: unknown): boolean {
  return error instanceof RuntimeError && error.kind === 'unavailable';
}

function isMissing(error: unknown): boolean {
  return error instanceof RuntimeError && error.kind === 'missing';
}

/** 304: it is started, or stopped, already. */
function unchanged(error: unknown): void {
  if (!(error instanceof RuntimeError && statusOf(error.cause) === 304)) throw error;
}
