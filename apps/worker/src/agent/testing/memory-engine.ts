import { setImmediate as turn } from 'node:timers/promises';
import {
  type ContainerListing,
  ContainerRuntime,
  type EngineFacts,
  type FoundImage,
  type LocalImage,
  type MadeContainer,
  type PullOptions,
  type PullProgress,
  type RuntimeEvent,
} from '../../container-runtime/container-runtime.js';
import { RuntimeError } from '../../container-runtime/runtime-error.js';
import { type Limits, limitNames, limitsOf } from '../../reconcile/limits.js';
import type { ObservedContainer } from '../../reconcile/observed.js';
import type { ContainerDraft } from '../../reconcile/step.js';
import { noted } from '../../reconcile/testing/noted-limits.js';
import { EventStream } from './event-stream.js';
import {
  containerOf,
  type Foreign,
  leaveNetwork,
  listing,
  localImages,
  takenPorts,
  UP,
} from './engine-content.js';

/** A writing call, before it is done: its name and what it is about (a container's name, an image, a network). */
export interface Call {
  verb: string;
  subject: string;
}

/**
 * A container engine in memory. It keeps Docker's rules as far as a worker meets them (names are unique, a host
 * port has one holder, images and networks must be there), sends Docker's events, and can be made to fail or to
 * wait at any call.
 */
export class MemoryEngine extends ContainerRuntime {
  readonly containers = new Map<string, ObservedContainer & { scope: string }>();
  readonly foreign: Foreign[] = [];
  /** Host ports of programs of the server, which no list of containers has. */
  readonly programPorts = new Set<number>();
  readonly networks = new Map<string, string>([['bridge', '']]);
  /** Local images and what the registry has: id by reference. */
  readonly images = new Map<string, string>();
  readonly registry = new Map<string, string>();
  /** The name under which it lists an image that was pulled by a reference. */
  listedName: (reference: string) => string = (reference) => reference;
  /** What becomes of a container that was started. */
  onStart: (container: ObservedContainer) => void = () => undefined;
  /** What containers have written, by name. */
  readonly logs = new Map<string, string>();
  /** How far every pull is while it is under way; it says nothing while this is null. */
  progress: PullProgress | null = null;
  /** Every writing call, in order. */
  readonly calls: Call[] = [];
  /** How often the containers were listed. */
  lists = 0;
  /** Limits that the kernel of its server doesn't know: it leaves them out, and warns. */
  readonly unlimited = new Set<keyof Limits>();
  /** On the file system that its images are on. */
  imageFolder: string | null = null;
  size = { cores: 2, memory_bytes: 1024 ** 3 };
  version = '20.10';
  /** Called before each writing call: throws to make it fail, or answers a promise to make it wait. */
  before: (call: Call, signal: AbortSignal | null) => void | Promise<void> = () => undefined;
  private readonly stream = new EventStream();
  private away = false;
  private made = 0;

  /** The engine goes: every call fails, and whoever reads its events hears that they have ended. */
  leave(): void {
    this.away = true;
    this.stream.emit({ action: 'lost', app_name: null });
  }

  /** It is back, and nobody hears of that. */
  return(): void {
    this.away = false;
  }

  /** It is back, and says so. */
  comeBack(): void {
    this.return();
    this.stream.emit({ action: 'connected', app_name: null });
  }

  /** Containers of an app, by replica and then by name. */
  of(app: string): ObservedContainer[] {
    return [...this.containers.values()]
      .filter((container) => container.app_name === app)
      .sort((a, b) => a.replica - b.replica || (a.name < b.name ? -1 : 1));
  }

  named(name: string): ObservedContainer | undefined {
    return [...this.containers.values()].find((container) => container.name === name);
  }

  /** Somebody removes a container by hand. */
  vanish(name: string): void {
    const container = this.named(name);
    if (!container) throw new Error(`There is no ${name}.`);
    this.containers.delete(container.id);
    this.happened('die', container);
    this.happened('destroy', container);
  }

  /** A program ends, or somebody stops it. */
  exit(name: string): void {
    const container = this.named(name);
    if (!container) throw new Error(`There is no ${name}.`);
    container.state = 'exited';
    this.happened('die', container);
  }

  /** A health check says something. */
  becomes(name: string, health: ObservedContainer['health']): void {
    const container = this.named(name);
    if (!container) throw new Error(`There is no ${name}.`);
    container.health = health;
    this.happened(`health_status: ${health}`, container);
  }

  /** Somebody takes a container out of a network. */
  takeOut(name: string, network: string): void {
    const container = this.named(name);
    if (!container) throw new Error(`There is no ${name}.`);
    leaveNetwork(container, network);
    this.happened('disconnect', container);
  }

  /** Something happens to a container of somebody else, or to an image. */
  elsewhere(action: string, image_id?: string): void {
    this.stream.emit({ action, app_name: null, ...(image_id === undefined ? {} : { image_id }) });
  }

  async facts(): Promise<EngineFacts> {
    await this.read();
    const about = { engine_id: 'engine-1', hostname: 'box', architecture: 'x86_64' };
    const kind = { is_podman: false, platform: 'linux/amd64' };
    const can = { swap_limit: true, can_update: true, can_check: true };
    const { version: engine_version, imageFolder: image_folder, size } = this;
    return { ...about, ...kind, engine_version, ...can, image_folder, ...size };
  }

  async list(scope: string, app?: string): Promise<ContainerListing> {
    await this.read();
    this.lists += 1;
    return listing([...this.containers.values()], this.foreign, scope, app);
  }

  async image(reference: string): Promise<FoundImage | null> {
    await this.read();
    const known = [...this.images.values()].includes(reference) ? reference : null;
    const id = this.images.get(reference) ?? this.images.get(this.listedName(reference)) ?? known;
    return id === null ? null : { id, platform: 'linux/amd64' };
  }

  async networkNames(): Promise<string[]> {
    await this.read();
    return [...this.networks.keys()];
  }

  async ownNetworks(scope: string): Promise<string[]> {
    await this.read();
    return [...this.networks].filter(([, owner]) => owner === scope).map(([name]) => name);
  }

  async pull(reference: string, signal: AbortSignal, { onProgress }: PullOptions = {}): Promise<string> {
    if (this.progress) onProgress?.(this.progress);
    await this.write('pull', reference, signal);
    const id = this.registry.get(reference);
    if (id === undefined) throw new RuntimeError('missing', `manifest for ${reference} not found`);
    this.images.set(this.listedName(reference), id);
    return id;
  }

  async localImages(): Promise<LocalImage[]> {
    await this.read();
    return localImages(this.images, [...this.containers.values()]);
  }

  async removeImage(id: string, tags: readonly string[]): Promise<void> {
    await this.write('removeImage', id);
    for (const name of tags) this.images.delete(name);
  }

  async createNetwork(name: string, scope: string): Promise<void> {
    await this.write('createNetwork', name);
    this.networks.set(name, scope);
  }

  async removeNetwork(name: string): Promise<void> {
    await this.write('removeNetwork', name);
    this.networks.delete(name);
  }

  async make(draft: ContainerDraft): Promise<MadeContainer> {
    await this.write('create', draft.name);
    const image_id = await this.imageId(draft.image);
    if (image_id === null) throw new RuntimeError('missing', `No such image: ${draft.image}`);
    this.refuseTakenName(draft.name);
    this.made += 1;
    const id = `c${this.made}`;
    const container = { ...containerOf(draft, id, image_id, this.made), scope: draft.scope };
    const warnings = this.leaveOut(container, limitsOf(draft.spec));
    this.containers.set(id, container);
    this.happened('create', container);
    return { id, warnings };
  }

  async start(id: string): Promise<void> {
    const container = await this.change('start', id);
    if (UP.includes(container.state)) return;
    if (!container.networks.every((name) => this.networks.has(name))) {
      throw new RuntimeError('missing', `network ${container.networks.join()} not found`);
    }
    const taken = takenPorts([...this.containers.values()], this.foreign);
    const isTaken = (port: number): boolean => taken.has(port) || this.programPorts.has(port);
    const port = container.ports.find(({ host_port }) => isTaken(host_port));
    if (port) throw new RuntimeError('port-taken', `port ${port.host_port} is already allocated`);
    container.state = 'running';
    container.started_at = Date.now();
    this.onStart(container);
    this.happened('start', container);
  }

  async restart(id: string): Promise<void> {
    const container = await this.change('restart', id);
    container.state = 'running';
    container.started_at = Date.now();
    this.happened('die', container);
    this.onStart(container);
    this.happened('start', container);
  }

  async unpause(id: string): Promise<void> {
    const container = await this.change('unpause', id);
    container.state = 'running';
    this.happened('unpause', container);
  }

  async connect(id: string, network: string, aliases: readonly string[] = []): Promise<void> {
    const container = await this.change('connect', id);
    if (!this.networks.has(network)) throw new RuntimeError('missing', `network ${network} not found`);
    if (container.networks.includes(network)) return;
    container.networks = [...container.networks, network];
    container.aliases = { ...container.aliases, [network]: aliases };
  }

  async disconnect(id: string, network: string): Promise<void> {
    leaveNetwork(await this.change('disconnect', id), network);
  }

  async stop(id: string): Promise<void> {
    const container = await this.change('stop', id);
    if (!UP.includes(container.state)) return;
    container.state = 'exited';
    this.happened('die', container);
  }

  async rename(id: string, name: string): Promise<void> {
    const container = await this.change('rename', id);
    if (container.name !== name) this.refuseTakenName(name);
    container.name = name;
    this.happened('rename', container);
  }

  /** A command inside succeeds unless `before` throws. */
  async run(id: string): Promise<void> {
    const container = await this.change('run', id);
    if (container.state !== 'running') throw new RuntimeError('conflict', `${container.name} is not running`);
  }

  async updateLimits(id: string, limits: Partial<Limits>): Promise<string[]> {
    const container = await this.change('updateLimits', id);
    container.limits = noted(container.limits, limits);
    const warnings = this.leaveOut(container, limits);
    this.happened('update', container);
    return warnings;
  }

  async setRestartPolicy(id: string, policy: string): Promise<void> {
    const container = await this.change('setRestartPolicy', id);
    container.restart_policy = policy;
    this.happened('update', container);
  }

  async logTail(id: string): Promise<string> {
    await this.read();
    return this.logs.get(this.containers.get(id)?.name ?? '') ?? '';
  }

  async remove(id: string): Promise<void> {
    const container = await this.change('remove', id);
    this.containers.delete(id);
    if (UP.includes(container.state)) this.happened('die', container);
    this.happened('destroy', container);
  }

  events(_scope: string, signal: AbortSignal): AsyncIterable<RuntimeEvent> {
    return this.stream.read(signal);
  }

  async problem(): Promise<string | null> {
    return this.away ? 'the engine does not answer' : null;
  }

  /** As an engine does whose server lacks some of these limits. Answers its warnings. */
  private leaveOut(container: ObservedContainer, asked: Partial<Limits>): string[] {
    const names = limitNames(asked).filter((name) => asked[name] !== null && this.unlimited.has(name));
    container.limits = { ...container.limits, ...Object.fromEntries(names.map((name) => [name, null])) };
    return names.map((name) => `Your kernel does not support ${name}. Limitation discarded.`);
  }

  private async change(verb: string, id: string): Promise<ObservedContainer> {
    await this.write(verb, this.containers.get(id)?.name ?? id);
    const container = this.containers.get(id);
    if (!container) throw new RuntimeError('missing', `No such container: ${id}`);
    return container;
  }

  private async write(verb: string, subject: string, signal: AbortSignal | null = null): Promise<void> {
    await this.read();
    const call = { verb, subject };
    this.calls.push(call);
    await this.before(call, signal);
    if (this.away) throw new RuntimeError('unavailable', 'the engine does not answer');
  }

  private async read(): Promise<void> {
    await turn();
    if (this.away) throw new RuntimeError('unavailable', 'the engine does not answer');
  }

  private refuseTakenName(name: string): void {
    if (this.named(name) || this.foreign.some((other) => other.name === name)) {
      throw new RuntimeError('conflict', `The container name "/${name}" is already in use`);
    }
  }

  private happened(action: string, { app_name }: ObservedContainer): void {
    this.stream.emit({ action, app_name });
  }
}
