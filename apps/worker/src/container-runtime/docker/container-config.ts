import { CONTAINER_ENV, LABELS, parseDevice, parseVolume } from '@nebula/contracts';
import type { ContainerCreateOptions } from 'dockerode';
import type { ContainerDraft } from '../../reconcile/step.js';

/** Docker's options of a container, without its name. */
export type ContainerConfig = Omit<ContainerCreateOptions, 'name'>;

/**
 * The one mapping from a draft to Docker's options. A new field of an app gets its place here.
 *
 * Only the first network is part of it: engines before API 1.44 take one at creation.
 */
export function containerConfig(draft: ContainerDraft): ContainerConfig {
  const { spec, ports, networks } = draft;
  return {
    Image: draft.image,
    ...(spec.command === null ? {} : { Cmd: spec.command }),
    Env: environment(draft),
    Labels: labels(draft),
    ExposedPorts: Object.fromEntries(ports.map((port) => [tcp(port.container_port), {}])),
    HostConfig: {
      PortBindings: portBindings(draft),
      Binds: spec.volumes.map((text) => {
        const { source, target, mode } = parseVolume(text);
        return `${source}:${target}:${mode}`;
      }),
      Devices: spec.devices.map((text) => {
        const { host, container, permissions } = parseDevice(text);
        return { PathOnHost: host, PathInContainer: container, CgroupPermissions: permissions };
      }),
      Privileged: spec.privileged,
      RestartPolicy: { Name: 'always' },
      ...(networks[0] === undefined ? {} : { NetworkMode: networks[0] }),
    },
  };
}

/** The user's own variables win over ours. */
function environment({ spec, replica }: ContainerDraft): string[] {
  const variables: Record<string, string> = {
    [CONTAINER_ENV.app]: spec.app_name,
    [CONTAINER_ENV.replica]: String(replica),
    ...spec.env_vars,
  };
  return Object.entries(variables).map(([name, value]) => `${name}=${value}`);
}

function labels(draft: ContainerDraft): Record<string, string> {
  return {
    [LABELS.scope]: draft.scope,
    [LABELS.app]: draft.spec.app_name,
    [LABELS.replica]: String(draft.replica),
    [LABELS.fingerprint]: draft.fingerprint,
    [LABELS.legacyApp]: draft.spec.app_name,
  };
}

function portBindings({ ports }: ContainerDraft): Record<string, { HostPort: string }[]> {
  const bindings: Record<string, { HostPort: string }[]> = {};
  for (const { host_port, container_port } of ports) {
    (bindings[tcp(container_port)] ??= []).push({ HostPort: String(host_port) });
  }
  return bindings;
}

const tcp = (port: number): string => `${port}/tcp`;
