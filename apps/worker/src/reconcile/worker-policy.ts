import { type AppSpec, isImageId, joinedNetworks, parseDevice, parseVolume } from '@nebula/contracts';
import { fitsAny, namesToAllow, namesToDeny } from './policy-images.js';
import { isBelow, isSurelyWithin, plain, reaches } from './policy-paths.js';
import type { NodeFacts } from './observed.js';
import type { PlanProblem } from './step.js';

/** What is allowed, all when it is absent, and what of that is not. */
export interface PolicyLists {
  allow?: readonly string[];
  deny?: readonly string[];
}

/** What an app may have on this worker; a rule that is absent forbids nothing. */
export interface WorkerPolicy {
  /** Patterns of image references, in which `*` stands for any characters. */
  images?: PolicyLists;
  /** Paths of the server that may be mounted, each with all below it. Volumes with a name are no binds. Any list forbids `privileged`. */
  binds?: PolicyLists;
  /** False forbids every mount by which a container gets at the socket of the engine, and `privileged`. */
  docker_socket?: boolean;
  /** Paths of devices of the server, each with all below it. */
  devices?: PolicyLists;
  /** Names of capabilities that may be added, with or without `CAP_`; `ALL` for all. */
  capabilities?: PolicyLists;
  privileged?: boolean;
  pid_mode_host?: boolean;
  ipc_mode_host?: boolean;
  network_host?: boolean;
  /** Paths of the engine's socket, beside the usual ones. */
  sockets?: readonly string[];
}

/** Where the socket is by default. On a server whose `/var/run` is no link these are two places. */
const USUAL_SOCKETS = ['/var/run/docker.sock', '/run/docker.sock'];

/** What of a spec a policy forbids, each with the name of the rule. */
export function policyProblems(
  spec: AppSpec,
  policy: WorkerPolicy,
  { sockets = [] }: Pick<NodeFacts, 'sockets'> = {},
): PlanProblem[] {
  return [
    ...imageProblems(spec, policy),
    ...bindProblems(spec, policy, [...USUAL_SOCKETS, ...(policy.sockets ?? []), ...sockets]),
    ...diskProblems(spec, policy),
    ...deviceProblems(spec, policy),
    ...capabilityProblems(spec, policy),
    ...switchProblems(spec, policy),
  ].map((message) => ({ step: 'plan', message, retry_at: null }));
}

function forbids(rule: Exclude<keyof WorkerPolicy, 'sockets'>, what: string, why: string): string {
  return `worker_policy.${rule} forbids ${what} on this worker: ${why}`;
}

/** Whether lists forbid anything. */
function isLimited({ allow, deny = [] }: PolicyLists = {}): boolean {
  return allow !== undefined || deny.length > 0;
}

function imageProblems({ docker_image }: AppSpec, { images }: WorkerPolicy): string[] {
  if (!images || !isLimited(images)) return [];
  const what = `the image ${docker_image}`;
  // The api takes none of these any more. By its id the engine gives any image that it has, wherever it came from.
  if (isImageId(docker_image)) return [forbids('images', what, 'it is an id, which fits no pattern')];
  const denied = images.deny?.find((pattern) => fitsAny(pattern, namesToDeny(docker_image)));
  if (denied !== undefined) return [forbids('images', what, `it fits "${denied}", which is denied`)];
  const names = namesToAllow(docker_image);
  if (!images.allow || images.allow.some((pattern) => fitsAny(pattern, names))) return [];
  return [forbids('images', what, 'it fits no pattern that is allowed')];
}

function bindProblems({ volumes }: AppSpec, policy: WorkerPolicy, sockets: readonly string[]): string[] {
  return volumes.flatMap((text) => {
    const { source } = parseVolume(text);
    if (!source.startsWith('/')) return [];
    const what = `the bind ${text}`;
    const socket = sockets.find((place) => reaches(source, place));
    return [
      ...(policy.docker_socket === false && socket !== undefined
        ? [forbids('docker_socket', what, `it gives the container the engine's socket ${socket}`)]
        : []),
      ...pathProblems('binds', what, source, policy.binds),
    ];
  });
}

/** Who has the disks of the server can mount them, with all that is on them. */
function diskProblems(
  { privileged }: AppSpec,
  { binds, docker_socket, privileged: may }: WorkerPolicy,
): string[] {
  if (!privileged || may === false) return [];
  const why = 'with it a container can mount the disks of the server';
  return [
    ...(isLimited(binds) ? [forbids('binds', 'privileged', why)] : []),
    ...(docker_socket === false ? [forbids('docker_socket', 'privileged', why)] : []),
  ];
}

function deviceProblems({ devices, privileged }: AppSpec, policy: WorkerPolicy): string[] {
  const { devices: lists } = policy;
  const given = devices.flatMap((text) =>
    pathProblems('devices', `the device ${text}`, parseDevice(text).host, lists),
  );
  if (!privileged || !isLimited(lists) || policy.privileged === false) return given;
  return [...given, forbids('devices', 'privileged', 'it gives the container every device')];
}

/** A path that is denied forbids what is below it, and what it is below, since that would bring it along. */
function pathProblems(
  rule: 'binds' | 'devices',
  what: string,
  path: string,
  lists: PolicyLists = {},
): string[] {
  const denied = lists.deny?.find((entry) => reaches(path, entry) || isBelow(path, entry));
  if (denied !== undefined) return [forbids(rule, what, `${denied} is denied`)];
  if (!lists.allow || lists.allow.some((entry) => isSurelyWithin(path, entry))) return [];
  return [forbids(rule, what, `${plain(path)} is at or below no path that is allowed`)];
}

function capabilityProblems({ cap_add, privileged }: AppSpec, policy: WorkerPolicy): string[] {
  const { capabilities: lists } = policy;
  if (!lists) return [];
  const { allow, deny = [] } = { allow: lists.allow?.map(capability), deny: lists.deny?.map(capability) };
  const why = (name: string): string | null => {
    if (deny.includes(name)) return `${name} is denied`;
    if (name === 'ALL' && deny.length > 0) return `it includes ${deny[0]}, which is denied`;
    if (!allow || allow.includes(name) || allow.includes('ALL')) return null;
    return `${name} is none that is allowed`;
  };
  const problems = cap_add.flatMap((text) => {
    const reason = why(capability(text));
    return reason === null ? [] : [forbids('capabilities', `the capability ${text}`, reason)];
  });
  if (!privileged || policy.privileged === false || why('ALL') === null) return problems;
  return [...problems, forbids('capabilities', 'privileged', 'it gives the container every capability')];
}

function capability(name: string): string {
  return name.toUpperCase().replace(/^CAP_/, '');
}

function switchProblems(spec: AppSpec, policy: WorkerPolicy): string[] {
  const wanted: Record<'privileged' | 'pid_mode_host' | 'ipc_mode_host' | 'network_host', [boolean, string]> =
    {
      privileged: [spec.privileged, 'privileged'],
      pid_mode_host: [spec.pid_mode === 'host', 'pid_mode host'],
      ipc_mode_host: [spec.ipc_mode === 'host', 'ipc_mode host'],
      network_host: [joinedNetworks(spec).includes('host'), 'the network host'],
    };
  return Object.entries(wanted)
    .filter(([rule, [isWanted]]) => isWanted && policy[rule as keyof typeof wanted] === false)
    .map(([rule, [, what]]) => forbids(rule as keyof typeof wanted, what, 'the rule is false'));
}
