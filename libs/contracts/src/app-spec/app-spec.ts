import 'reflect-metadata';
import { isDeepStrictEqual } from 'node:util';
import { IsBoolean } from 'class-validator';
import { Follows } from '../parsing/rule.js';
import { appName } from './app-name.js';
import { capAdd, capDrop } from './capabilities.js';
import { command, entrypoint } from './command.js';
import { type ContainersPer, containersPer } from './containers-per.js';
import { dependsOn } from './depends-on.js';
import { devices } from './devices.js';
import { envVars } from './env-vars.js';
import { imageReference } from './image-reference.js';
import { gpus, type Gpus } from './gpus.js';
import { healthCheck, type HealthCheckSetting } from './health-check.js';
import { hooks, type Hooks } from './hooks.js';
import { hostname } from './hostname.js';
import { labels } from './labels.js';
import { logDriver, type LogDriver } from './log-driver.js';
import { dns, dnsSearch, extraHosts } from './name-resolution.js';
import { ipcMode, pidMode } from './namespaces.js';
import { type NetworkSpec, networks } from './networks.js';
import { platform } from './platform.js';
import { type PortSpec, startingPorts } from './ports.js';
import { pullPolicy, type PullPolicy } from './pull-policy.js';
import { resources, type Resources } from './resources.js';
import { restartPolicy, type RestartPolicy } from './restart-policy.js';
import { user, workingDir } from './run-as.js';
import { runtime } from './runtime.js';
import { secretEnvVars } from './secret-env-vars.js';
import { securityOpt } from './security-opt.js';
import { shmSize } from './shm-size.js';
import type { Size } from './size.js';
import { stopGracePeriodSeconds, stopSignal } from './stop.js';
import { sysctls } from './sysctls.js';
import { tmpfs } from './tmpfs.js';
import { ulimits, type Ulimits } from './ulimits.js';
import { update, type UpdateSettings } from './update.js';
import { volumes } from './volumes.js';

const YES_OR_NO = { message: 'must be true or false' };

/**
 * What every worker shall run of one app. The field names are those of the original. A new field is added here
 * alone: its rule as a decorator, its default as the initial value.
 */
export class AppSpec {
  /** Unique; the prefix of container names and part of the stream's name. */
  @Follows(appName)
  app_name!: string;

  /** Image reference with optional registry, tag and digest; no tag means `latest`. */
  @Follows(imageReference)
  docker_image!: string;

  /** Replica n (from 0) binds host port + n. */
  @Follows(startingPorts)
  starting_ports: PortSpec[] = [];

  @Follows(containersPer)
  containers_per: ContainersPer = { server: 1 };

  @Follows(envVars)
  env_vars: Record<string, string> = {};

  /** Names in `env_vars` whose values are written and never shown. */
  @Follows(secretEnvVars)
  secret_env_vars: string[] = [];

  /** False stops the app everywhere. */
  @IsBoolean(YES_OR_NO)
  running: boolean = true;

  /** Networks to join, made where they are missing; `nebula` is always joined unless `host`, `none` or `container:…` stands alone. */
  @Follows(networks)
  networks: NetworkSpec[] = [];

  /** Docker's form: `/host:/container[:ro]`, or a volume's name in place of the host path. */
  @Follows(volumes)
  volumes: string[] = [];

  /** Docker's form: `/dev/x[:/dev/y[:rwm]]`. */
  @Follows(devices)
  devices: string[] = [];

  @IsBoolean(YES_OR_NO)
  privileged: boolean = false;

  /** Arguments in place of the image's CMD; null keeps the image's. */
  @Follows(command)
  command: string[] | null = null;

  /** In place of the image's ENTRYPOINT; null keeps the image's. */
  @Follows(entrypoint)
  entrypoint: string[] | null = null;

  /** `name`, `uid`, `name:group` or `uid:gid`; null for the image's. */
  @Follows(user)
  user: string | null = null;

  /** Absolute; null for the image's. */
  @Follows(workingDir)
  working_dir: string | null = null;

  /** With `{{.Node}}`, `{{.Replica}}` and `{{.App}}` in it if wanted; null for the engine's own. */
  @Follows(hostname)
  hostname: string | null = null;

  @Follows(labels)
  labels: Record<string, string> = {};

  @Follows(capAdd)
  cap_add: string[] = [];

  @Follows(capDrop)
  cap_drop: string[] = [];

  /** Docker's, like `no-new-privileges:true`. */
  @Follows(securityOpt)
  security_opt: string[] = [];

  /** The root file system can't be written to. */
  @IsBoolean(YES_OR_NO)
  read_only: boolean = false;

  /** Docker's form: `/run[:size=64m,mode=1777]`. */
  @Follows(tmpfs)
  tmpfs: string[] = [];

  /** Size of /dev/shm; null for the engine's. */
  @Follows(shmSize)
  shm_size: Size | null = null;

  @Follows(ulimits)
  ulimits: Ulimits = {};

  @Follows(sysctls)
  sysctls: Record<string, string> = {};

  /** Addresses of name servers; none: the engine's. */
  @Follows(dns)
  dns: string[] = [];

  @Follows(dnsSearch)
  dns_search: string[] = [];

  /** Docker's form: `name:address`, or `name:host-gateway`. */
  @Follows(extraHosts)
  extra_hosts: string[] = [];

  /** `host` or `container:<name>`; null for one of its own. */
  @Follows(pidMode)
  pid_mode: string | null = null;

  /** `none`, `private`, `shareable`, `host` or `container:<name>`; null for the engine's. */
  @Follows(ipcMode)
  ipc_mode: string | null = null;

  /** A small init process reaps what the program leaves behind; false for the engine's default, which is none. */
  @IsBoolean(YES_OR_NO)
  init: boolean = false;

  @IsBoolean(YES_OR_NO)
  tty: boolean = false;

  @Follows(gpus)
  gpus: Gpus = null;

  /** Name of an OCI runtime that the engine knows; null for its default. */
  @Follows(runtime)
  runtime: string | null = null;

  @Follows(resources)
  resources: Resources = {};

  /** Null for the engine's. */
  @Follows(logDriver)
  log_driver: LogDriver | null = null;

  @Follows(restartPolicy)
  restart_policy: RestartPolicy = 'always';

  /** Like `SIGQUIT`; null for the image's. */
  @Follows(stopSignal)
  stop_signal: string | null = null;

  /** Seconds between the stop signal and the kill; null for the engine's, 10. */
  @Follows(stopGracePeriodSeconds)
  stop_grace_period_seconds: number | null = null;

  @Follows(healthCheck)
  health_check: HealthCheckSetting = null;

  @Follows(pullPolicy)
  pull_policy: PullPolicy = 'missing';

  /** `os/arch[/variant]` of the image; null for the server's. */
  @Follows(platform)
  platform: string | null = null;

  /** Apps of the same worker whose containers shall run before the first of this one is started. */
  @Follows(dependsOn)
  depends_on: string[] = [];

  @Follows(hooks)
  hooks: Hooks = {};

  @Follows(update)
  update: UpdateSettings = {};
}

/** A spec without the fields that have their default value. */
export type CompactSpec = Partial<AppSpec> & Pick<AppSpec, 'app_name' | 'docker_image'>;

/** Values of the optional fields when they are not given. */
export function specDefaults(): Omit<AppSpec, 'app_name' | 'docker_image'> {
  const { app_name: _name, docker_image: _image, ...defaults } = new AppSpec();
  return defaults;
}

/**
 * Leaves out every field that has its default value. Messages and fingerprints are made from this, so that a
 * version of the program that adds a field with a default changes neither.
 */
export function compactSpec(spec: AppSpec): CompactSpec {
  const defaults: Record<string, unknown> = { ...specDefaults() };
  const kept = Object.entries(spec).filter(
    ([field, value]) => !(field in defaults && isDeepStrictEqual(value, defaults[field])),
  );
  return Object.fromEntries(kept) as CompactSpec;
}

/** The inverse of `compactSpec`. */
export function expandSpec(compact: CompactSpec): AppSpec {
  return Object.assign(new AppSpec(), compact);
}
