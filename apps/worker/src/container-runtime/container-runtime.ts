import type { Limits } from '../reconcile/limits.js';
import type { NodeFacts, ObservedContainer, TakenPort } from '../reconcile/observed.js';
import type { ContainerDraft } from '../reconcile/step.js';

/** What the engine says about itself and its server. */
export interface EngineFacts extends NodeFacts {
  /**
   * Tells this engine from all others, and survives the loss of our state folder: Docker's own id, or of Podman, which
   * has none that stays, one made from the server's. Null when that can't be read.
   */
  engine_id: string | null;
  engine_version: string;
  architecture: string;
  /**
   * A folder as this process sees it, on the file system that the engine keeps its images on. It need not be there; null
   * when the engine is on another machine.
   */
  image_folder: string | null;
}

/**
 * Something happened to a container, or an image is gone. Only a reason to look; never a fact to act on, but that an
 * image was gone, which a later look may not show any more.
 */
export interface RuntimeEvent {
  /** Docker's action (`die`, `start`, `rename`, `health_status`, `disconnect` from a network …), `delete` of an image, `connected` when the stream (re)opened, `lost` once when it ended. */
  action: string;
  /** The app of a container with our labels and scope, else null. */
  app_name: string | null;
  /** The local id of the image that is gone, with `delete`. Absent when the engine doesn't say it. */
  image_id?: string;
}

/** All containers of the engine at one moment. */
export interface ContainerListing {
  /** Those with our labels and the given scope. */
  own: ObservedContainer[];
  /** Names of the others. */
  foreign_names: string[];
  /** Host ports that the others publish. */
  foreign_ports: TakenPort[];
}

/** One image of the engine. */
export interface LocalImage {
  id: string;
  /** References with a tag (`shop:1`) and with a digest (`shop@sha256:…`); none when all tags have moved away. */
  names: string[];
  size_bytes: number;
  /** A container of anybody, running or not, is made from it. */
  is_used: boolean;
}

/** A local image that was asked for. */
export interface FoundImage {
  id: string;
  /** `os/arch[/variant]`, as the image says it. */
  platform: string;
}

/** How far a pull is. */
export interface PullProgress {
  downloaded_bytes: number;
  /** Sizes of the layers that are known so far. */
  known_bytes: number;
  /** The size of every layer is known, so that there is nothing beyond `known_bytes`. */
  all_known: boolean;
}

/** A container that was made. */
export interface MadeContainer {
  id: string;
  /** What the engine has done without, in its words. */
  warnings: string[];
}

/** What a pull may be told beside its reference. */
export interface PullOptions {
  /** `os/arch[/variant]`; that of the engine's server when absent or null. */
  platform?: string | null;
  /** Called often, the first time when the registry has said which build the reference stands for. */
  onProgress?: (progress: PullProgress) => void;
}

/**
 * The container engine, in domain verbs. Every call has a time limit and is idempotent: starting what runs,
 * stopping what is stopped and removing what is gone succeed. Failures are `RuntimeError`s.
 */
export abstract class ContainerRuntime {
  abstract facts(): Promise<EngineFacts>;
  /** All containers; with `app` only that app's are described in full and names and host ports of all others are foreign. */
  abstract list(scope: string, app?: string): Promise<ContainerListing>;
  /** A local image by reference or id, null when it is not there. */
  abstract image(reference: string): Promise<FoundImage | null>;
  /** Its id alone. */
  async imageId(reference: string): Promise<string | null> {
    return (await this.image(reference))?.id ?? null;
  }
  /** Pulls a reference (always with a tag or digest) and answers its local id. `signal` ends it. */
  abstract pull(reference: string, signal: AbortSignal, options?: PullOptions): Promise<string>;
  /** All images. */
  abstract localImages(): Promise<LocalImage[]>;
  /** Removes an image by these of its tags, by its id when there are none; one that is in use stays and is a `conflict`. */
  abstract removeImage(id: string, tags: readonly string[]): Promise<void>;
  /** Names of all networks. */
  abstract networkNames(): Promise<string[]>;
  /** Names of the networks that a worker of this scope made. */
  abstract ownNetworks(scope: string): Promise<string[]>;
  /** Makes a user bridge network with our labels. */
  abstract createNetwork(name: string, scope: string): Promise<void>;
  abstract removeNetwork(name: string): Promise<void>;
  /**
   * Creates a container and joins its networks, without starting it. It has the restart policy of its spec, or none as
   * long as a hook is to succeed after its start.
   */
  abstract make(draft: ContainerDraft): Promise<MadeContainer>;
  /** As `make`; answers its id alone. */
  async create(draft: ContainerDraft): Promise<string> {
    return (await this.make(draft)).id;
  }
  abstract start(id: string): Promise<void>;
  /**
   * Ends the program as `stop` does, and starts it again.
   *
   * @param graceSeconds as with `stop`.
   */
  abstract restart(id: string, graceSeconds?: number): Promise<void>;
  abstract unpause(id: string): Promise<void>;
  /** Puts a container into a network, whether it runs or not. One that runs publishes its host ports again. */
  abstract connect(id: string, network: string, aliases?: readonly string[]): Promise<void>;
  /** Takes a container out of a network, whether it runs or not. */
  abstract disconnect(id: string, network: string): Promise<void>;
  /**
   * Stops with the container's stop signal, then kills it after its grace period.
   *
   * @param graceSeconds that period, as the engine knows it; 10 when absent.
   */
  abstract stop(id: string, graceSeconds?: number): Promise<void>;
  /**
   * Runs a command inside a container that runs.
   *
   * @param seconds its time limit.
   * @throws {RuntimeError} with its last lines, without values of the container's environment and what looks like a
   * credential, when it fails. `unavailable` when the engine couldn't run it or doesn't say what became of it.
   */
  abstract run(id: string, command: readonly string[], seconds: number): Promise<void>;
  abstract rename(id: string, name: string): Promise<void>;
  /** In Docker's words, like `on-failure:3`. An engine that can't fails as `unsupported`, for limits as well. */
  abstract setRestartPolicy(id: string, policy: string): Promise<void>;
  /**
   * Sets these limits, whether it runs or not; the others stay.
   *
   * @returns what the engine warns of: it leaves out what its server can't limit.
   */
  abstract updateLimits(id: string, limits: Partial<Limits>): Promise<string[]>;
  /**
   * The last lines that a container wrote to its output, oldest first: so many at most, each as a whole, of so many characters together.
   * A log driver that can't be read fails as `invalid`.
   */
  abstract logTail(id: string, limit: { lines: number; characters: number }): Promise<string>;
  /** Removes by force, with anonymous volumes. */
  abstract remove(id: string): Promise<void>;
  /**
   * Events of containers and images, for ever: reconnects by itself with jittered backoff, and yields `connected` after each
   * (re)connection, since events in between are lost. Ends when `signal` aborts.
   */
  abstract events(scope: string, signal: AbortSignal): AsyncIterable<RuntimeEvent>;
  /** Null when the engine answers, else what is missing, in a few words. */
  abstract problem(): Promise<string | null>;
}
