import type { AppSpec } from './app-spec.js';
import type { DeviceRequest } from './gpus.js';
import type { HealthCheck } from './health-check.js';
import { type Hook, HOOK_TIMEOUT, type Hooks } from './hooks.js';
import type { LogDriver } from './log-driver.js';
import type { PullPolicy } from './pull-policy.js';
import type { Resources } from './resources.js';
import { type ChangeEffect, SPEC_FIELDS } from './spec-fields.js';
import { UPDATE_DEFAULTS, type UpdateSettings } from './update.js';

/** A member of a field, or one of the forms that its value can have, in words for readers of the documentation. */
export interface SpecMember {
  /** Markdown. */
  meaning: string;
  /** Markdown: what counts when it is absent; empty where that is no question. */
  default: string;
  /** A value of the whole field that has it. */
  example: unknown;
}

type Rows<Members> = Readonly<Record<keyof Required<Members> & string, SpecMember>>;

const UPDATE: Rows<UpdateSettings> = {
  strategy: {
    meaning:
      '`rolling` replaces a replica when the ones before are ready; `all_at_once` replaces all as quickly as the engine can.',
    default: usual('strategy'),
    example: { strategy: 'rolling' },
  },
  max_unavailable: {
    meaning:
      'While it rolls, so many replicas of a server may be without a container that is ready: a number, 1 to 10000, or a share, `"1%"` to `"100%"`, rounded down, at least 1. A number above the replicas of a server means all of them there.',
    default: usual('max_unavailable'),
    example: { strategy: 'rolling', max_unavailable: '25%' },
  },
  min_ready_seconds: {
    meaning:
      'A container without a health check is ready when it has run for so long, 0 to 86400. At most `health_timeout_seconds`.',
    default: usual('min_ready_seconds'),
    example: { strategy: 'rolling', min_ready_seconds: 20 },
  },
  health_timeout_seconds: {
    meaning: 'A container that is not ready so long after its start never will be, 1 to 86400.',
    default: usual('health_timeout_seconds'),
    example: { strategy: 'rolling', health_timeout_seconds: 300 },
  },
  on_failure: {
    meaning:
      'What becomes of an update whose container does not get ready: `pause` replaces nothing more, `rollback` goes back to the version before.',
    default: usual('on_failure'),
    example: { strategy: 'rolling', on_failure: 'rollback' },
  },
  jitter_seconds: {
    meaning: 'Each server waits a random time up to this before it pulls or replaces anything, 0 to 86400.',
    default: usual('jitter_seconds'),
    example: { jitter_seconds: 60 },
  },
};

const HEALTH_CHECK: Rows<HealthCheck> = {
  command: {
    meaning:
      "Text is run by the container's shell, a list is run as it is. Exit code 0 says that the container is well.",
    default: 'required',
    example: { command: 'curl -f http://localhost/ || exit 1' },
  },
  interval_seconds: {
    meaning: 'From the end of a check to the next, 0.001 to 86400.',
    default: '`30`',
    example: { command: ['/bin/check'], interval_seconds: 10 },
  },
  timeout_seconds: {
    meaning: 'A check that takes longer has failed, 0.001 to 86400.',
    default: '`30`',
    example: { command: ['/bin/check'], timeout_seconds: 2.5 },
  },
  retries: {
    meaning: 'After so many failures in a row the container is unhealthy, 1 to 1000.',
    default: '`3`',
    example: { command: ['/bin/check'], retries: 5 },
  },
  start_period_seconds: {
    meaning: 'Failures so soon after the start do not count, up to 86400; 0 for none.',
    default: '`0`',
    example: { command: ['/bin/check'], start_period_seconds: 60 },
  },
};

const RESOURCES: Rows<Resources> = {
  cpus: {
    meaning: 'Processors, 0.01 to 8192. More than the server has is refused there.',
    default: 'no limit',
    example: { cpus: 1.5 },
  },
  cpu_shares: {
    meaning: 'Weight against other containers when processors are short, 2 to 262144.',
    default: "Docker's, 1024",
    example: { cpu_shares: 512 },
  },
  cpuset: {
    meaning: 'Processors by number, and ranges of them.',
    default: 'all',
    example: { cpuset: '0-2,4' },
  },
  memory: {
    meaning: 'Most memory, `6m` or more. A program that needs more is ended (out of memory).',
    default: 'no limit',
    example: { memory: '512m' },
  },
  memory_reservation: {
    meaning: 'Memory that is left to it when the server is short, `6m` or more. At most `memory`.',
    default: 'none',
    example: { memory: '512m', memory_reservation: '256m' },
  },
  memory_swap: {
    meaning:
      'Memory and swap together, at least `memory`, without which it is refused; -1 for unlimited swap.',
    default: 'twice `memory`',
    example: { memory: '512m', memory_swap: '1g' },
  },
  pids: {
    meaning: 'Most processes and threads, 1 to 4194304; -1 for no limit.',
    default: 'no limit',
    example: { pids: 200 },
  },
  oom_score: {
    meaning: 'How soon the kernel ends it when memory is short, -1000 (never) to 1000.',
    default: "the engine's, 0",
    example: { oom_score: 500 },
  },
};

const HOOKS: Rows<Hooks> & Rows<{ [Member in keyof Hook as `….${Member}`]: Hook[Member] }> = {
  post_start: {
    meaning: 'Runs after each start by the worker. When it fails, the start has failed.',
    default: 'none',
    example: { post_start: { command: ['/bin/warm-up'] } },
  },
  pre_stop: {
    meaning: 'Runs before each stop by the worker. When it fails, the container is stopped all the same.',
    default: 'none',
    example: { pre_stop: { command: ['/bin/drain'] } },
  },
  '….command': {
    meaning: 'Of each of the two: the program and its arguments, run inside the container without a shell.',
    default: 'required',
    example: { pre_stop: { command: ['sh', '-c', 'drain --key "$KEY"'] } },
  },
  '….timeout_seconds': {
    meaning: 'Of each of the two: seconds until it is given up, 1 to 3600.',
    default: `\`${HOOK_TIMEOUT}\``,
    example: { pre_stop: { command: ['/bin/drain'], timeout_seconds: 20 } },
  },
};

const LOG_DRIVER: Rows<LogDriver> = {
  name: {
    meaning: '`json-file`, `local`, `journald`, `none` or another that the engine has.',
    default: 'required',
    example: { name: 'journald' },
  },
  options: {
    meaning:
      "The driver's own, text to text. Those of `json-file` and `local` are checked; those of others are left to the engine.",
    default: '`{}`',
    example: { name: 'local', options: { 'max-size': '10m', 'max-file': '3' } },
  },
};

const CONTAINERS_PER: Rows<{ server: 1; cpu: 1; memory: 1 }> = {
  server: { meaning: 'So many, 1 to 10000; also called `instance`.', default: '', example: { server: 4 } },
  cpu: {
    meaning: "The server's cores × x, rounded down, x above 0 and at most 1000.",
    default: '',
    example: { cpu: 0.5 },
  },
  memory: {
    meaning:
      "The server's memory ÷ x MiB, rounded down, x from 1 to 1000000000; also called `mem`. A replica may use more, if `resources` doesn't say otherwise.",
    default: '',
    example: { memory: 2048 },
  },
};

const NETWORKS: Rows<{ name: 1; aliases: 1 }> = {
  name: {
    meaning: 'The name of a network, up to 128 letters, digits, `_`, `.` and `-`.',
    default: 'required',
    example: [{ name: 'backend' }],
  },
  aliases: {
    meaning:
      'Names of up to 63 characters by which other containers in it find each replica, beside the name of its container.',
    default: '`[]`',
    example: [{ name: 'backend', aliases: ['db'] }],
  },
};

const ULIMITS: Rows<{ soft: 1; hard: 1 }> = {
  soft: {
    meaning: 'What counts until the program asks for more, up to `hard`. -1 for no limit.',
    default: 'required',
    example: { nofile: { soft: 1024, hard: 65536 } },
  },
  hard: {
    meaning: 'The most that the program may ask for. -1 for no limit.',
    default: 'required',
    example: { core: { soft: 0, hard: -1 } },
  },
};

const GPUS: Rows<DeviceRequest> = {
  count: {
    meaning: 'So many devices, 1 to 1024; -1 for all. Exactly one of `count` and `device_ids`.',
    default: 'none',
    example: [{ count: 2 }],
  },
  device_ids: {
    meaning: 'These devices, by number or id.',
    default: 'none',
    example: [{ device_ids: ['0', 'GPU-3faa8b'] }],
  },
  driver: {
    meaning: 'Of the engine.',
    default: 'that which fits',
    example: [{ driver: 'nvidia', count: 1 }],
  },
  capabilities: {
    meaning: 'That the device must have.',
    default: '`["gpu"]`',
    example: [{ count: 1, capabilities: ['gpu', 'compute'] }],
  },
  options: {
    meaning: "The driver's own, text to text.",
    default: '`{}`',
    example: [{ count: 1, options: { visible: 'true' } }],
  },
};

const RESTART_POLICY: Rows<{
  always: 1;
  'unless-stopped': 1;
  'on-failure': 1;
  'on-failure:<n>': 1;
  no: 1;
}> = {
  always: {
    meaning: 'What ends is started again, also by an engine that has just started.',
    default: '',
    example: 'always',
  },
  'unless-stopped': {
    meaning:
      'The same, but an engine that has just started may leave the container down until the worker starts it.',
    default: '',
    example: 'unless-stopped',
  },
  'on-failure': {
    meaning: 'A program that ends with another exit code than 0 is started again, as often as it takes.',
    default: '',
    example: 'on-failure',
  },
  'on-failure:<n>': {
    meaning: 'So many times at most; 0 for no limit.',
    default: '',
    example: 'on-failure:5',
  },
  no: { meaning: 'A program that has ended is done.', default: '', example: 'no' },
};

const PULL_POLICY: Readonly<Record<PullPolicy, SpecMember>> = {
  missing: { meaning: 'When the image is not there.', default: '', example: 'missing' },
  always: {
    meaning: 'Once for each version of the app, before its first container.',
    default: '',
    example: 'always',
  },
  never: { meaning: 'Only what is there is used, also by a release.', default: '', example: 'never' },
};

const VOLUMES: Rows<{ '/host:/container': 1; 'name:/container': 1; '…:<options>': 1 }> = {
  '/host:/container': {
    meaning: 'A path of the server, which the engine makes as a folder where there is nothing.',
    default: '',
    example: ['/srv/data:/data'],
  },
  'name:/container': {
    meaning: 'A volume of the engine, which is made where there is none, and stays when the app is deleted.',
    default: '',
    example: ['cache:/cache'],
  },
  '…:<options>': {
    meaning:
      'With commas between them: `ro` or `rw`, whether the container may write; `z` or `Z` for SELinux; `nocopy` to leave a new volume empty; `private`, `rprivate`, `shared`, `rshared`, `slave` or `rslave` for mounts inside it.',
    default: '`rw`',
    example: ['/srv/data:/data:ro,z'],
  },
};

/** Of fields that are more than one value, in the order of the documentation. */
export const SPEC_MEMBERS: Readonly<Partial<Record<keyof AppSpec, Readonly<Record<string, SpecMember>>>>> = {
  containers_per: CONTAINERS_PER,
  networks: NETWORKS,
  volumes: VOLUMES,
  ulimits: ULIMITS,
  gpus: GPUS,
  resources: RESOURCES,
  log_driver: LOG_DRIVER,
  restart_policy: RESTART_POLICY,
  health_check: HEALTH_CHECK,
  pull_policy: PULL_POLICY,
  hooks: HOOKS,
  update: UPDATE,
};

/** What a change of a member, or to one of the forms, does to containers that run. */
export function changeOfMember(field: keyof AppSpec, member: string): ChangeEffect {
  const { change, members = {} } = SPEC_FIELDS[field];
  return members[member] ?? change;
}

function usual(member: keyof UpdateSettings): string {
  return `\`${JSON.stringify(UPDATE_DEFAULTS[member])}\``;
}
