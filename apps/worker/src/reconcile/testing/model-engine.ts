import { aliasesIn, type PortBinding } from '@nebula/contracts';
import type { ObservedApp, ObservedContainer } from '../observed.js';
import { collide } from '../host-ports.js';
import { limitsOf } from '../limits.js';
import { createdPolicy } from '../restart-policy.js';
import type { ContainerRef, Step } from '../step.js';
import { noted } from './noted-limits.js';

/** A container of somebody else. */
export interface ForeignContainer {
  name: string;
  running: boolean;
  ports: PortBinding[];
}

export type Outcome = { ok: true; image_id?: string } | { ok: false; message: string; terminal: boolean };

export interface ModelContent {
  /** Containers with labels of this scope, of any app. */
  containers: ObservedContainer[];
  foreign: ForeignContainer[];
  networks: string[];
  /** Local images: id by reference. */
  images: Record<string, string>;
  /** What the registry has: id by reference. */
  registry: Record<string, string>;
  /** Restart policies and limits can be changed; so when absent. */
  can_update?: boolean;
}

const DONE: Outcome = { ok: true };
const UP = ['running', 'paused', 'restarting'];

/**
 * A Docker Engine in memory, as far as plans can tell: names are unique, a host port has one holder, images and
 * networks must exist, and each state allows what it allows in Docker. It fails where Docker fails, also where
 * the real adapter would take the failure for success.
 */
export class ModelEngine {
  readonly containers = new Map<string, ObservedContainer>();
  readonly foreign: readonly ForeignContainer[];
  readonly networks: Set<string>;
  readonly images: Map<string, string>;
  readonly registry: Map<string, string>;
  readonly canUpdate: boolean;
  /** What becomes of a container that was started. */
  onStart: (container: ObservedContainer) => void = () => undefined;
  private created = 0;

  constructor(
    private readonly app: string,
    content: ModelContent,
    /** Makes steps fail that would succeed. */
    readonly refuse: (step: Step, container: ObservedContainer | null) => Outcome | null = () => null,
  ) {
    for (const container of content.containers) this.containers.set(container.id, { ...container });
    this.foreign = content.foreign;
    this.networks = new Set(content.networks);
    this.images = new Map(Object.entries(content.images));
    this.registry = new Map(Object.entries(content.registry));
    this.canUpdate = content.can_update ?? true;
  }

  /** The app's containers. */
  own(): ObservedContainer[] {
    return [...this.containers.values()].filter((container) => container.app_name === this.app);
  }

  observe(lookUp: readonly string[]): ObservedApp {
    const others = [...this.containers.values()].filter((container) => container.app_name !== this.app);
    return {
      containers: this.own().map((container) => ({ ...container })),
      taken_names: [...others, ...this.foreign].map(({ name }) => name),
      taken_ports: [
        ...others.filter(({ state }) => UP.includes(state)),
        ...this.foreign.filter(({ running }) => running),
      ].flatMap(({ name, ports }) =>
        ports.map(({ container_port: _inside, ...port }) => ({ ...port, by: name })),
      ),
      networks: ['bridge', 'host', 'none', ...this.networks],
      images: Object.fromEntries(lookUp.map((image) => [image, this.imageId(image)])),
    };
  }

  /**
   * Does one step.
   *
   * @param created ids of the containers that the lane has created, by replica.
   * @throws Error when the step names a container that the app doesn't own: no plan may do that.
   */
  apply(step: Step, created: Map<number, string>, now: number): Outcome {
    if (step.kind === 'pull') return this.refuse(step, null) ?? this.pull(step.image);
    if (step.kind === 'pin') return DONE;
    if (step.kind === 'prune') return DONE;
    if (step.kind === 'create-network') {
      const refused = this.refuse(step, null);
      if (!refused) this.networks.add(step.network);
      return refused ?? DONE;
    }
    if (step.kind === 'create') return this.refuse(step, null) ?? this.create(step, created, now);

    const container = this.find(step.target, created);
    if (!container)
      return step.kind === 'stop' || step.kind === 'remove' ? DONE : failure('no such container');
    const refused = this.refuse(step, container);
    if (refused && !refused.ok && step.kind === 'post-start') container.state = 'exited';
    // As the executor has it: the failure of that hook ends nothing.
    return refused && step.kind === 'pre-stop' ? DONE : (refused ?? this.change(step, container, now));
  }

  /** Time passes: what the engine was removing is gone, what it was restarting runs, and what was starting is healthy. */
  settle(): void {
    for (const container of this.own()) {
      if (container.state === 'removing') this.containers.delete(container.id);
      if (container.state === 'restarting') container.state = 'running';
      if (container.health === 'starting') container.health = 'healthy';
    }
  }

  /** The engine is killed and comes back: it starts whatever ran once and has the policy `always`. */
  restart(): void {
    const began = [...this.containers.values()].filter(
      ({ state }) => UP.includes(state) || state === 'exited',
    );
    for (const container of began) container.state = 'exited';
    for (const container of began) {
      if (container.restart_policy === 'always' && !this.portTaken(container)) container.state = 'running';
    }
  }

  private imageId(image: string): string | null {
    return this.images.get(image) ?? ([...this.images.values()].includes(image) ? image : null);
  }

  private pull(image: string): Outcome {
    const image_id = this.registry.get(image);
    if (image_id === undefined) return failure('manifest unknown');
    this.images.set(image, image_id);
    return { ok: true, image_id };
  }

  private create(step: Step & { kind: 'create' }, created: Map<number, string>, now: number): Outcome {
    const { draft } = step;
    const image_id = this.imageId(draft.image);
    if (image_id === null) return failure(`no such image: ${draft.image}`);
    if (this.nameTaken(draft.name)) return failure(`the name ${draft.name} is in use`);
    if (!this.hasNetworks(draft.networks)) return failure('network not found');
    this.created += 1;
    const id = `made${this.created}`;
    this.containers.set(id, {
      id,
      name: draft.name,
      app_name: draft.spec.app_name,
      replica: draft.replica,
      fingerprint: draft.fingerprint,
      state: 'created',
      health: 'none',
      image: draft.image,
      image_id,
      ports: draft.ports,
      networks: draft.networks,
      aliases: Object.fromEntries(draft.networks.map((name) => [name, aliasesIn(name, draft.spec)])),
      network_mode: draft.networks[0] ?? '',
      restart_count: 0,
      restart_policy: createdPolicy(draft.spec),
      limits: limitsOf(draft.spec),
      stop_grace_seconds: draft.spec.stop_grace_period_seconds,
      hooks: draft.spec.hooks,
      exit_code: 0,
      error: '',
      created_at: now,
      started_at: 0,
    });
    created.set(draft.replica, id);
    return DONE;
  }

  private change(
    step: Exclude<Step, { kind: 'pull' | 'pin' | 'prune' | 'create' | 'create-network' }>,
    container: ObservedContainer,
    now: number,
  ): Outcome {
    const { state } = container;
    if (state === 'removing') return failure('removal is in progress');
    if (state === 'dead' && step.kind !== 'remove') return failure('the container is dead');
    switch (step.kind) {
      case 'start':
        if (state === 'running' || state === 'restarting') return DONE;
        if (state === 'paused') return failure('cannot start a paused container');
        if (this.portTaken(container)) return failure('port is already allocated');
        container.state = 'running';
        container.started_at = now;
        this.onStart(container);
        return DONE;
      case 'post-start':
      case 'pre-stop':
        return state === 'running' ? DONE : failure('the container is not running');
      case 'update-resources':
        if (!this.canUpdate) return failure('no container can be updated');
        container.limits = noted(container.limits, step.limits);
        return DONE;
      case 'restart':
        container.state = 'running';
        container.started_at = now;
        this.onStart(container);
        return DONE;
      case 'unpause':
        if (state !== 'paused') return failure('the container is not paused');
        container.state = 'running';
        return DONE;
      case 'set-restart-policy':
        if (!this.canUpdate) return failure('no container can be updated');
        container.restart_policy = step.policy;
        return DONE;
      case 'connect':
        if (container.networks.includes(step.network)) return failure('it is in that network already');
        if (!this.hasNetworks([step.network])) return failure('network not found');
        container.networks = [...container.networks, step.network];
        container.aliases = { ...container.aliases, [step.network]: step.aliases ?? [] };
        return DONE;
      case 'disconnect':
        if (!container.networks.includes(step.network)) return failure('it is not in that network');
        container.networks = container.networks.filter((name) => name !== step.network);
        return DONE;
      case 'stop':
        if (UP.includes(state)) container.state = 'exited';
        return DONE;
      case 'rename':
        if (this.nameTaken(step.name)) return failure(`the name ${step.name} is in use`);
        container.name = step.name;
        return DONE;
      case 'judge':
        return DONE;
      case 'remove':
        this.containers.delete(container.id);
        return DONE;
    }
  }

  private find(target: ContainerRef, created: Map<number, string>): ObservedContainer | null {
    const id = target.by === 'id' ? target.id : created.get(target.replica);
    const container = id === undefined ? undefined : this.containers.get(id);
    if (container && container.app_name !== this.app)
      throw new Error(`${container.name} is not the app's own.`);
    return container ?? null;
  }

  private hasNetworks(names: readonly string[]): boolean {
    return names.every((name) => this.networks.has(name) || ['bridge', 'host', 'none'].includes(name));
  }

  private nameTaken(name: string): boolean {
    return [...this.containers.values(), ...this.foreign].some((other) => other.name === name);
  }

  private portTaken(container: ObservedContainer): boolean {
    const others = [...this.containers.values()].filter(
      (other) => other !== container && UP.includes(other.state),
    );
    const held = [...others, ...this.foreign.filter(({ running }) => running)].flatMap(({ ports }) => ports);
    return container.ports.some((port) => held.some((other) => collide(other, port)));
  }
}

function failure(message: string): Outcome {
  return { ok: false, message, terminal: false };
}
