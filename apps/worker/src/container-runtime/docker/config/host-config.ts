import { type AppSpec, deviceRequests, parseDevice, parseVolume, sizeBytes } from '@nebula/contracts';
import type { HostConfig } from 'dockerode';
import { limitsOf } from '../../../reconcile/limits.js';
import { createdPolicy } from '../../../reconcile/restart-policy.js';
import type { ContainerDraft } from '../../../reconcile/step.js';
import { dockerLimits } from './limits-config.js';
import { dockerPolicy } from './policy-config.js';
import { portBindings } from './port-config.js';

/** Podman gives a container a limit of processes of its own when it is told nothing. */
const NO_LIMIT = -1;

/** What a container is given of its server, in Docker's form. */
export function hostConfig(draft: ContainerDraft): HostConfig {
  const { spec, ports, networks } = draft;
  const limits = limitsOf(spec);
  return {
    PortBindings: portBindings(ports),
    Binds: spec.volumes.map((text) => {
      const { source, target, mode } = parseVolume(text);
      return `${source}:${target}:${mode}`;
    }),
    Devices: spec.devices.map((text) => {
      const { host, container, permissions } = parseDevice(text);
      return { PathOnHost: host, PathInContainer: container, CgroupPermissions: permissions };
    }),
    Privileged: spec.privileged,
    RestartPolicy: dockerPolicy(createdPolicy(spec)),
    ...(networks[0] === undefined ? {} : { NetworkMode: networks[0] }),
    ...rights(spec),
    ...surroundings(spec),
    ...devices(spec),
    ...dockerLimits({ ...limits, pids: limits.pids ?? NO_LIMIT }),
    ...(spec.resources.oom_score ? { OomScoreAdj: spec.resources.oom_score } : {}),
  };
}

function rights(spec: AppSpec): HostConfig {
  return {
    ...(spec.cap_add.length > 0 ? { CapAdd: spec.cap_add } : {}),
    ...(spec.cap_drop.length > 0 ? { CapDrop: spec.cap_drop } : {}),
    ...(spec.security_opt.length > 0 ? { SecurityOpt: spec.security_opt } : {}),
    ...(spec.read_only ? { ReadonlyRootfs: true } : {}),
    ...(isEmpty(spec.sysctls) ? {} : { Sysctls: spec.sysctls }),
    ...(spec.pid_mode === null ? {} : { PidMode: spec.pid_mode }),
    ...(spec.ipc_mode === null ? {} : { IpcMode: spec.ipc_mode }),
    ...(spec.runtime === null ? {} : { Runtime: spec.runtime }),
  };
}

function surroundings(spec: AppSpec): HostConfig {
  return {
    ...(spec.tmpfs.length > 0 ? { Tmpfs: Object.fromEntries(spec.tmpfs.map(tmpfs)) } : {}),
    ...(spec.shm_size === null ? {} : { ShmSize: sizeBytes(spec.shm_size) }),
    ...(spec.dns.length > 0 ? { Dns: spec.dns } : {}),
    ...(spec.dns_search.length > 0 ? { DnsSearch: spec.dns_search } : {}),
    ...(spec.extra_hosts.length > 0 ? { ExtraHosts: spec.extra_hosts } : {}),
    ...(spec.init ? { Init: true } : {}),
    ...(spec.log_driver
      ? { LogConfig: { Type: spec.log_driver.name, Config: spec.log_driver.options ?? {} } }
      : {}),
    ...(isEmpty(spec.ulimits) ? {} : { Ulimits: Object.entries(spec.ulimits).map(ulimit) }),
  };
}

function devices(spec: AppSpec): HostConfig {
  const requests = deviceRequests(spec.gpus).map(({ driver, count, device_ids, capabilities, options }) => ({
    ...(driver === undefined ? {} : { Driver: driver }),
    ...(count === undefined ? {} : { Count: count }),
    ...(device_ids === undefined ? {} : { DeviceIDs: device_ids }),
    // One set of which a device must have all.
    Capabilities: [capabilities ?? ['gpu']],
    ...(options === undefined ? {} : { Options: options }),
  }));
  return requests.length > 0 ? { DeviceRequests: requests } : {};
}

/** `/run:size=64m` as path and options. */
function tmpfs(text: string): [path: string, options: string] {
  const [path = '', ...options] = text.split(':');
  return [path, options.join(':')];
}

function ulimit([name, limit]: [string, number | { soft: number; hard: number }]): {
  Name: string;
  Soft: number;
  Hard: number;
} {
  const { soft, hard } = typeof limit === 'number' ? { soft: limit, hard: limit } : limit;
  return { Name: name, Soft: soft, Hard: hard };
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}
