import {
  aliasesIn,
  type AppSpec,
  canonicalJson,
  DEFAULT_NETWORK,
  hasTemplate,
  imageWithTag,
  joinedNetworks,
  replicaPorts,
  type Tokens,
} from '@nebula/contracts';
import {
  capabilities,
  checkMeant,
  deviceRequestsMeant,
  hooksMeant,
  hostsMeant,
  portText,
  signalMeant,
  sizeMeant,
  ulimitsMeant,
  unlessEmpty,
} from './meaning.js';

/** What a container is made from, apart from its identity, which is in other labels. */
export interface Origin {
  spec: AppSpec;
  /** 1-based. */
  replica: number;
  tokens: Tokens;
}

/** One part of a fingerprint: its value, or undefined when it is the default. */
export type Field = (origin: Origin) => unknown;

/** Seconds that the engine waits between the stop signal and the kill when nobody says otherwise. */
const ENGINE_GRACE = 10;

/**
 * Everything that would need a new container when it changes. This is the one place to extend: add a function
 * that answers undefined for the default, so that the labels of running containers stay valid. What is here
 * must not change any more; a rule that has to change needs a version of its own.
 *
 * Left out on purpose: `running` and `containers_per`, which change no container; `restart_policy` and the `resources`
 * that the engine changes while a container runs; `update`, `pull_policy` and `depends_on`, which say how containers
 * are made and not what they are; the app's name and the replica's number, which are identity; and the server's name,
 * which is only filled in where the spec asks for it.
 */
export const V1: Record<string, Field> = {
  image: ({ spec }) => imageWithTag(spec.docker_image),
  env: ({ spec }) => unlessEmpty(spec.env_vars),
  // Programs of before wrote templates into the environment as they stand: such containers are made anew.
  templates: ({ spec }) => Object.values(spec.env_vars).some(hasTemplate) || undefined,
  // Docker doesn't care for the order of ports, volumes and devices.
  ports: ({ spec, replica }) => unlessEmpty(replicaPorts(spec, replica).map(portText).sort()),
  volumes: ({ spec }) => unlessEmpty(spec.volumes.toSorted()),
  devices: ({ spec }) => unlessEmpty(spec.devices.toSorted()),
  // The first network is the one that the container is created in, so this order counts.
  networks: ({ spec }) => unlessDefault(joinedNetworks(spec), [DEFAULT_NETWORK]),
  privileged: ({ spec }) => spec.privileged || undefined,
  command: ({ spec }) => spec.command ?? undefined,
  restart: ({ tokens }) => tokens.restart || undefined,
  release: ({ tokens }) => tokens.release || undefined,

  roll: ({ tokens }) => tokens.roll || undefined,
  aliases: ({ spec }) => unlessEmpty(aliases(spec)),
  entrypoint: ({ spec }) => spec.entrypoint ?? undefined,
  user: ({ spec }) => spec.user ?? undefined,
  working_dir: ({ spec }) => spec.working_dir ?? undefined,
  hostname: ({ spec }) => spec.hostname ?? undefined,
  labels: ({ spec }) => unlessEmpty(spec.labels),
  cap_add: ({ spec }) => unlessEmpty(capabilities(spec.cap_add)),
  cap_drop: ({ spec }) => unlessEmpty(capabilities(spec.cap_drop)),
  security_opt: ({ spec }) => unlessEmpty(spec.security_opt.toSorted()),
  read_only: ({ spec }) => spec.read_only || undefined,
  tmpfs: ({ spec }) => unlessEmpty(spec.tmpfs.toSorted()),
  shm_size: ({ spec }) => sizeMeant(spec.shm_size),
  ulimits: ({ spec }) => unlessEmpty(ulimitsMeant(spec.ulimits)),
  sysctls: ({ spec }) => unlessEmpty(spec.sysctls),
  // Name servers and search domains are asked in their order.
  dns: ({ spec }) => unlessEmpty(spec.dns),
  dns_search: ({ spec }) => unlessEmpty(spec.dns_search),
  extra_hosts: ({ spec }) => unlessEmpty(hostsMeant(spec.extra_hosts)),
  pid_mode: ({ spec }) => spec.pid_mode ?? undefined,
  ipc_mode: ({ spec }) => spec.ipc_mode ?? undefined,
  init: ({ spec }) => spec.init || undefined,
  tty: ({ spec }) => spec.tty || undefined,
  gpus: ({ spec }) => unlessEmpty(deviceRequestsMeant(spec.gpus)),
  runtime: ({ spec }) => spec.runtime ?? undefined,
  oom_score: ({ spec }) => spec.resources.oom_score || undefined,
  log_driver: ({ spec }) =>
    spec.log_driver
      ? { name: spec.log_driver.name, options: unlessEmpty(spec.log_driver.options ?? {}) }
      : undefined,
  stop_signal: ({ spec }) => signalMeant(spec.stop_signal),
  stop_grace_period_seconds: ({ spec }) =>
    unlessDefault(spec.stop_grace_period_seconds ?? ENGINE_GRACE, ENGINE_GRACE),
  health_check: ({ spec }) => checkMeant(spec.health_check),
  platform: ({ spec }) => spec.platform ?? undefined,
  hooks: ({ spec }) => unlessEmpty(hooksMeant(spec.hooks)),
};

/** By network, sorted; networks without any are left out. */
function aliases(spec: AppSpec): Record<string, string[]> {
  return Object.fromEntries(
    joinedNetworks(spec)
      .map((network) => [network, [...new Set(aliasesIn(network, spec))].sort()] as const)
      .filter(([, names]) => names.length > 0),
  );
}

function unlessDefault(value: unknown, byDefault: unknown): unknown {
  return canonicalJson(value) === canonicalJson(byDefault) ? undefined : value;
}
