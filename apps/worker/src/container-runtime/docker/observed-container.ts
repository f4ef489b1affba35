import {
  CONTAINER_STATES,
  type ContainerState,
  HEALTH_STATES,
  type HealthState,
  type Hook,
  type Hooks,
  LABELS,
} from '@nebula/contracts';
import type { ContainerInfo, ContainerInspectInfo, NetworkInspectInfo } from 'dockerode';
import pLimit from 'p-limit';
import type { ObservedContainer } from '../../reconcile/observed.js';
import type { ContainerListing } from '../container-runtime.js';
import { RuntimeError } from '../runtime-error.js';
import { hasLastingLimits, limitsIn } from './config/limits-config.js';
import { policyOf } from './config/policy-config.js';
import { isSamePort, portsIn, publishedPorts } from './config/port-config.js';
import type { DockerClient } from './docker-client.js';
import { READ_LIMIT } from './read-limit.js';

/** States in which a container holds its host ports. */
const UP = ['running', 'paused', 'restarting'];

/** Inspects at once. Each takes the engine well under a millisecond. */
const PARALLEL = 8;

/** Whether these are the labels of a container, or an event, of ours. */
export function isOwn(labels: Record<string, string>, scope: string): boolean {
  return labels[LABELS.scope] === scope && Boolean(labels[LABELS.app]);
}

/**
 * Lists all containers once, and inspects our own (of one app, if it is given): the list knows neither exit
 * codes nor restart counts. One that vanishes in between is left out.
 *
 * @param self id of the container that this worker runs in: a foreign one, whatever its labels, so that no plan ends it.
 */
export async function listContainers(
  client: DockerClient,
  scope: string,
  app: string | undefined,
  self: string | null = null,
): Promise<ContainerListing> {
  const all = await client.ask(READ_LIMIT, (docker, abortSignal) =>
    docker.listContainers({ all: true, abortSignal }),
  );
  const isWanted = ({ Id, Labels }: ContainerInfo): boolean =>
    Id !== self && isOwn(Labels, scope) && (app === undefined || Labels[LABELS.app] === app);
  const limit = pLimit(PARALLEL);
  const own = await Promise.all(
    all.filter(isWanted).map(({ Id }) => limit(async () => await inspectOrNull(client, Id))),
  );
  const foreign = all.filter((container) => !isWanted(container));
  const infos = own.filter((info) => info !== null);
  const isPlain = infos.every((info) => info.State.Running && isPublished(info));
  const networks = isPlain ? null : await knownNetworks(client);
  const containers = new Set(all.flatMap(({ Id, Names }) => [Id, ...Names.map(plainName)]));
  return {
    own: infos.map((info) => observedContainer(info, { networks, containers })),
    foreign_names: foreign.flatMap(({ Names }) => Names.map(plainName)),
    // Podman lists also the ports of containers that don't run.
    foreign_ports: foreign.filter(({ State }) => UP.includes(State)).flatMap(publishedPorts),
  };
}

/**
 * All networks by id, and for each what becomes of the host ports of a container that is in it: `published` by a plain
 * bridge, `none` by one that leads nowhere, `unknown` by any other, which need not publish them.
 */
type KnownNetworks = ReadonlyMap<string, 'published' | 'none' | 'unknown'>;

async function knownNetworks(client: DockerClient): Promise<KnownNetworks> {
  const networks = await client.ask(READ_LIMIT, (docker, abortSignal) =>
    docker.listNetworks({ abortSignal }),
  );
  // Podman says the name of a network where Docker says its id.
  return new Map(
    networks.flatMap((network) =>
      [network.Name, network.Id].map((key) => [key, hostPortsIn(network)] as const),
    ),
  );
}

/** Later engines have bridges with a gateway mode, which may route to containers instead. */
function hostPortsIn({ Driver, Internal, Options }: NetworkInspectInfo): 'published' | 'none' | 'unknown' {
  const hasMode = Object.keys(Options ?? {}).some((name) => name.includes('gateway_mode'));
  if (Driver !== 'bridge' || hasMode) return 'unknown';
  return Internal ? 'none' : 'published';
}

/** Null when the container isn't there. */
export async function inspectOrNull(client: DockerClient, id: string): Promise<ContainerInspectInfo | null> {
  try {
    return await client.ask(READ_LIMIT, (docker, abortSignal) =>
      docker.getContainer(id).inspect({ abortSignal }),
    );
  } catch (error) {
    if (error instanceof RuntimeError && error.kind === 'missing') return null;
    throw error;
  }
}

/** Docker's name without the slash in front. */
export function plainName(name: string): string {
  return name.replace(/^\//, '');
}

/** What else the engine has, as far as it decides whether a container can serve. */
interface Surroundings {
  /** Null when nobody asked, since every container runs and publishes its ports. */
  networks: KnownNetworks | null;
  /** Ids and names. */
  containers: ReadonlySet<string>;
}

/** The one mapping from what the engine says of a container of ours to domain terms. */
export function observedContainer(info: ContainerInspectInfo, around: Surroundings): ObservedContainer {
  const { Config, HostConfig, State } = info;
  const labels = Config.Labels;
  return {
    id: info.Id,
    name: plainName(info.Name),
    app_name: labels[LABELS.app] ?? '',
    replica: replicaOf(labels[LABELS.replica]),
    fingerprint: isSound(info, around) ? (labels[LABELS.fingerprint] ?? '') : '',
    state: stateOf(State),
    health: healthOf(State.Health?.Status),
    image: Config.Image,
    image_id: info.Image,
    ports: portsIn(HostConfig.PortBindings),
    networks: networksOf(info),
    aliases: aliasesOf(info),
    network_mode: HostConfig.NetworkMode ?? '',
    restart_count: info.RestartCount,
    restart_policy: policyOf(HostConfig.RestartPolicy),
    limits: limitsIn(HostConfig),
    stop_grace_seconds: stopTimeoutOf(Config),
    hooks: hooksIn(labels[LABELS.hooks]),
    exit_code: State.ExitCode,
    error: State.Error,
    created_at: Date.parse(info.Created),
    // Docker says the year 1 of one that was never started.
    started_at: Math.max(0, Date.parse(State.StartedAt) || 0),
  };
}

/** A container that no step can mend must never be taken for what its fingerprint says: it is made anew. */
function isSound(info: ContainerInspectInfo, { networks, containers }: Surroundings): boolean {
  if (hasLostHost(info, containers) || hasLastingLimits(info.HostConfig)) return false;
  if (!networks) return true;
  return info.State.Running
    ? isPublished(info) || !mustPublish(info, networks)
    : canBeStarted(info, networks);
}

/**
 * It was made to share the network of a container that is gone. The engine holds on to the id of that one, so another of
 * the same name is no help: while it runs it has no network, and it can't be started again.
 */
function hasLostHost({ HostConfig }: ContainerInspectInfo, containers: ReadonlySet<string>): boolean {
  const [kind, host] = (HostConfig.NetworkMode ?? '').split(':');
  return kind === 'container' && host !== undefined && !containers.has(host);
}

/**
 * The networks that it is in, or will be in at its start. One that runs has an endpoint in each: the engine lists also a
 * network that it has failed to connect it to.
 */
export function networksOf({ NetworkSettings, State }: ContainerInspectInfo): string[] {
  const hasEndpoints = State.Running && !State.Restarting;
  return (
    Object.entries(NetworkSettings.Networks)
      // Podman shows the address of an endpoint and not its id.
      .filter(([, { EndpointID, IPAddress }]) => !hasEndpoints || EndpointID || IPAddress)
      .map(([name]) => name)
  );
}

function aliasesOf({ NetworkSettings }: ContainerInspectInfo): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(NetworkSettings.Networks).map(([name, { Aliases }]) => [name, readTexts(Aliases)]),
  );
}

/** Not typed among dockerode's. */
function readTexts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((text) => typeof text === 'string') : [];
}

/** What runs publishes every host port that it is configured to. */
export function isPublished({ HostConfig, NetworkSettings, State }: ContainerInspectInfo): boolean {
  if (!State.Running || State.Restarting) return true;
  const published = portsIn(NetworkSettings.Ports);
  return portsIn(HostConfig.PortBindings).every((wanted) =>
    published.some((port) => isSamePort(port, wanted)),
  );
}

/**
 * It is in a plain bridge, whoever made it, and in nothing of another kind. A container that is in no network needs only
 * to be connected. But when the engine has failed to connect a running container because a host port was taken, it
 * lists the network, with an endpoint, and never gets over it.
 */
function mustPublish({ NetworkSettings }: ContainerInspectInfo, networks: KnownNetworks): boolean {
  const joined = Object.values(NetworkSettings.Networks).filter(({ EndpointID }) => EndpointID);
  const kinds = joined.map(({ NetworkID }) => networks.get(NetworkID) ?? 'unknown');
  return kinds.includes('published') && !kinds.includes('unknown');
}

/**
 * A container that doesn't run keeps the id of each of its networks, and asks for that id at its start. When a
 * network was removed, another one of the same name is no help.
 */
function canBeStarted({ NetworkSettings }: ContainerInspectInfo, networks: KnownNetworks): boolean {
  return Object.entries(NetworkSettings.Networks).every(
    // Docker's own have new ids after each start of the engine, and are found by name.
    ([name, { NetworkID }]) =>
      !NetworkID || ['bridge', 'host', 'none'].includes(name) || networks.has(NetworkID),
  );
}

function replicaOf(label: string | undefined): number {
  const number = /^[1-9]\d*$/.test(label ?? '') ? Number(label) : 0;
  return Number.isSafeInteger(number) ? number : 0;
}

function stateOf(state: ContainerInspectInfo['State']): ContainerState {
  const known = CONTAINER_STATES.find((name) => name === state.Status);
  // A word of a later engine: what counts is whether it runs.
  return known ?? (state.Running ? 'running' : 'exited');
}

function healthOf(status: string | undefined): HealthState {
  return HEALTH_STATES.find((name) => name === status) ?? 'none';
}

/** Not among dockerode's types. */
function stopTimeoutOf(config: ContainerInspectInfo['Config']): number | null {
  return 'StopTimeout' in config && typeof config.StopTimeout === 'number' ? config.StopTimeout : null;
}

/** None for a label that this program didn't write. */
function hooksIn(label: string | undefined): Hooks {
  try {
    const { post_start, pre_stop } = JSON.parse(label ?? '{}') as Record<string, unknown>;
    return { ...(isHook(post_start) ? { post_start } : {}), ...(isHook(pre_stop) ? { pre_stop } : {}) };
  } catch {
    return {};
  }
}

function isHook(value: unknown): value is Hook {
  if (typeof value !== 'object' || value === null || !('command' in value)) return false;
  const { command } = value;
  const isCommand =
    Array.isArray(command) && command.length > 0 && command.every((word) => typeof word === 'string');
  const seconds = 'timeout_seconds' in value ? value.timeout_seconds : undefined;
  return isCommand && (seconds === undefined || (typeof seconds === 'number' && seconds > 0));
}
