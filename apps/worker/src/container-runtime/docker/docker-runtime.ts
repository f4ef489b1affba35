import type { Limits } from '../../reconcile/limits.js';
import type { ContainerDraft } from '../../reconcile/step.js';
import {
  type ContainerListing,
  ContainerRuntime,
  type EngineFacts,
  type FoundImage,
  type LocalImage,
  type MadeContainer,
  type PullOptions,
  type RuntimeEvent,
} from '../container-runtime.js';
import { RegistryCredentials } from '../registry/registry-credentials.js';
import { RuntimeError } from '../runtime-error.js';
import { DockerClient } from './docker-client.js';
import { DockerContainers } from './docker-containers.js';
import { containerEvents, EVENT_TIMES } from './docker-events.js';
import { DockerNetworks } from './docker-networks.js';
import { engineFacts, versionFacts } from './engine-facts.js';
import { ImagePuller, localImage, PULL_IDLE_LIMIT } from './image-pull.js';
import { logTail } from './log-tail.js';
import { lastingEngineId, machineId } from './machine-id.js';
import { listImages, removeImage } from './local-images.js';
import { listContainers } from './observed-container.js';
import { runInside } from './run-inside.js';

/** Seconds. */
const PING_LIMIT = 5;

export interface DockerRuntimeOptions {
  /** Spreads the reconnects of many workers; 0 to 1. */
  random?: () => number;
  /** Id of the container that this worker runs in, which it never touches. */
  self?: string | null;
  /** Of the server, null where it isn't known; what is read of it when absent. */
  machine?: string | null;
  /** Makes every time limit longer or shorter; 1 when absent. */
  limitFactor?: number;
  /** Seconds between two looks whether a quiet engine is still there; 300 when absent. */
  checkEvery?: number;
  /** Seconds without any progress after which a pull is given up; 180 when absent. */
  pullIdleLimit?: number;
  /** What registries are asked with; Docker's own when absent. */
  credentials?: RegistryCredentials;
}

/** A Docker Engine behind the port. Connects when it is first asked, and anew whenever that is needed. */
export class DockerRuntime extends ContainerRuntime {
  private readonly client: DockerClient;
  private readonly networks: DockerNetworks;
  private readonly containers: DockerContainers;
  private readonly images: ImagePuller;

  /**
   * @param dockerHost `unix:///path` or `tcp://name:port`.
   * @throws {Error} when the address has another form.
   */
  constructor(
    dockerHost: string,
    private readonly options: DockerRuntimeOptions = {},
  ) {
    super();
    this.client = new DockerClient(dockerHost, options.limitFactor);
    this.networks = new DockerNetworks(this.client);
    this.containers = new DockerContainers(this.client, this.networks);
    const { credentials = new RegistryCredentials(), limitFactor = 1 } = options;
    const { pullIdleLimit = PULL_IDLE_LIMIT } = options;
    this.images = new ImagePuller(this.client, credentials, pullIdleLimit * limitFactor);
  }

  async facts(): Promise<EngineFacts> {
    const [{ time: _time, has_systemd, folder, ...said }, { is_podman, platform }] = await Promise.all([
      engineFacts(this.client, this.options.self ?? null),
      versionFacts(this.client),
    ]);
    // Podman has no call that gives a container another restart policy and other limits up to version 4, and a later one
    // leaves out some of what it is told. It has systemd run its health checks.
    const can = { can_update: !is_podman, can_check: !is_podman || has_systemd };
    const engine_id = is_podman ? this.idOnPodman(folder) : said.engine_id;
    return { ...said, engine_id, platform, ...can, is_podman };
  }

  /** Podman says another id with each answer. One behind a network need not be on this server. */
  private idOnPodman(folder: string): string | null {
    const { machine = machineId() } = this.options;
    return this.client.host.startsWith('unix://') ? lastingEngineId(machine, folder) : null;
  }

  async list(scope: string, app?: string): Promise<ContainerListing> {
    return await listContainers(this.client, scope, app, this.options.self ?? null);
  }

  async image(reference: string): Promise<FoundImage | null> {
    return await localImage(this.client, reference);
  }

  async pull(reference: string, signal: AbortSignal, options: PullOptions = {}): Promise<string> {
    return await this.images.pull(reference, signal, options);
  }

  async localImages(): Promise<LocalImage[]> {
    return await listImages(this.client);
  }

  async removeImage(id: string, tags: readonly string[]): Promise<void> {
    await removeImage(this.client, id, tags);
  }

  async networkNames(): Promise<string[]> {
    return await this.networks.names();
  }

  async ownNetworks(scope: string): Promise<string[]> {
    return await this.networks.names(scope);
  }

  async createNetwork(name: string, scope: string): Promise<void> {
    await this.networks.create(name, scope);
  }

  async removeNetwork(name: string): Promise<void> {
    await this.networks.remove(name);
  }

  async make(draft: ContainerDraft): Promise<MadeContainer> {
    return await this.containers.make(draft);
  }

  async start(id: string): Promise<void> {
    await this.containers.start(id);
  }

  async restart(id: string, graceSeconds?: number): Promise<void> {
    await this.containers.restart(id, graceSeconds);
  }

  async unpause(id: string): Promise<void> {
    await this.containers.unpause(id);
  }

  async connect(id: string, network: string, aliases: readonly string[] = []): Promise<void> {
    await this.containers.connect(id, network, aliases);
  }

  async disconnect(id: string, network: string): Promise<void> {
    await this.containers.disconnect(id, network);
  }

  async stop(id: string, graceSeconds?: number): Promise<void> {
    await this.containers.stop(id, graceSeconds);
  }

  async run(id: string, command: readonly string[], seconds: number): Promise<void> {
    await runInside(this.client, id, command, seconds);
  }

  async rename(id: string, name: string): Promise<void> {
    await this.containers.rename(id, name);
  }

  async setRestartPolicy(id: string, policy: string): Promise<void> {
    await this.containers.setRestartPolicy(id, policy);
  }

  async updateLimits(id: string, limits: Partial<Limits>): Promise<string[]> {
    return await this.containers.updateLimits(id, limits);
  }

  async logTail(id: string, limit: { lines: number; characters: number }): Promise<string> {
    return await logTail(this.client, id, limit);
  }

  async remove(id: string): Promise<void> {
    await this.containers.remove(id);
  }

  events(scope: string, signal: AbortSignal): AsyncIterable<RuntimeEvent> {
    const { random = Math.random, checkEvery } = this.options;
    const times = checkEvery === undefined ? EVENT_TIMES : { ...EVENT_TIMES, check_every: checkEvery * 1000 };
    return containerEvents(this.client, scope, signal, random, times);
  }

  async problem(): Promise<string | null> {
    try {
      await this.client.open(PING_LIMIT, (docker) => docker.ping());
      return null;
    } catch (error) {
      if (error instanceof RuntimeError) return error.message;
      throw error;
    }
  }

  /** Closes every connection when the application ends. */
  onApplicationShutdown(): void {
    this.client.close();
  }
}
