import type { ContainerState, HealthState, Hooks, PortMapping, Protocol } from '@nebula/contracts';
import type { Limits } from './limits.js';

/** A container with our labels and scope, as the engine describes it now. */
export interface ObservedContainer {
  id: string;
  /** Without the leading slash. */
  name: string;
  app_name: string;
  /** 1-based; 0 when the label doesn't parse. */
  replica: number;
  fingerprint: string;
  state: ContainerState;
  health: HealthState;
  /** The reference it was created from. */
  image: string;
  image_id: string;
  /** The host ports that it is configured to publish, whether it runs or not. */
  ports: PortMapping[];
  /** Names of the networks that it is connected to, or will be at its start. */
  networks: string[];
  /** By network, the names by which others in it find it, beside its own. The engine may add some. */
  aliases: Readonly<Record<string, readonly string[]>>;
  /** Docker's network mode: the network that it was created in, or `host`, `none`, `container:…`. */
  network_mode: string;
  /** How often the engine restarted it by its policy. */
  restart_count: number;
  /** The restart policy in Docker's words: `always`, `no`, `on-failure:3` … */
  restart_policy: string;
  /** The limits that the engine has noted for it. */
  limits: Limits;
  /** Seconds between its stop signal and the kill; null for the engine's. */
  stop_grace_seconds: number | null;
  /** What it was made to run after its start and before it is stopped, whatever the spec says by now. */
  hooks: Hooks;
  exit_code: number;
  /** What the engine says of its last failed start; empty when there is nothing. */
  error: string;
  /** Milliseconds since 1970. */
  created_at: number;
  /** Its last start, milliseconds since 1970; 0 when it was never started. */
  started_at: number;
}

/** A port of the server, and the name of the container that publishes it. */
export interface TakenPort {
  host_port: number;
  /** TCP when absent. */
  protocol?: Protocol;
  /** All of the server's addresses when absent. */
  host_address?: string;
  by: string;
}

/** Everything about one server that planning one app depends on. */
export interface ObservedApp {
  /** Containers of this app and scope. */
  containers: ObservedContainer[];
  /** Names of all other containers on the engine, ours or not. */
  taken_names: string[];
  /** Host ports that those of them which run publish. Programs of the server have others, which nobody lists. */
  taken_ports: TakenPort[];
  /** Names of the networks that exist. */
  networks: string[];
  /** For each image reference or id that was asked about: the local image's id, null when it is not there. */
  images: Record<string, string | null>;
  /** `os/arch[/variant]` of those images, by id; absent where it isn't known. */
  platforms?: Record<string, string>;
}

/** Size of the server, from the engine's own info. */
export interface NodeSize {
  cores: number;
  memory_bytes: number;
}

/** What else planning depends on of a server and its engine. */
export interface NodeFacts extends NodeSize {
  /** The server's name, as its engine has it. */
  hostname: string;
  /** The kernel can limit swap. Where it can't, the engine leaves out what is said of it. */
  swap_limit: boolean;
  /** The engine can change the restart policy and the limits of a container that exists. */
  can_update: boolean;
  /** The engine runs the health checks of containers. Where it doesn't, they say `starting` for ever. */
  can_check: boolean;
  /** It is Podman, which leaves out some of what it is asked for and says nothing of it. */
  is_podman: boolean;
  /** `os/arch` of the images that it pulls when nothing is said. */
  platform: string;
  /** Places on the server where the engine's socket is, by what the container of the worker has of them; absent when it is in none. */
  sockets?: readonly string[];
  /** Another one after each start of the server, and with each version of the engine: either may be able to do more. Absent when it isn't known. */
  machine?: string;
}
