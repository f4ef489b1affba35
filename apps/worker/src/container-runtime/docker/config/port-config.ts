import { type PortMapping, PROTOCOLS } from '@nebula/contracts';
import type { ContainerInfo } from 'dockerode';
import type { TakenPort } from '../../../reconcile/observed.js';

/** Docker's form of ports that a container listens on. */
export function exposedPorts(ports: readonly PortMapping[]): Record<string, object> {
  return Object.fromEntries(ports.map((port) => [keyOf(port), {}]));
}

/** Docker's form of published ports. */
export function portBindings(
  ports: readonly PortMapping[],
): Record<string, { HostIp?: string; HostPort: string }[]> {
  const bindings: Record<string, { HostIp?: string; HostPort: string }[]> = {};
  for (const port of ports) {
    const { host_port, host_address } = port;
    (bindings[keyOf(port)] ??= []).push({
      ...(host_address === undefined ? {} : { HostIp: host_address }),
      HostPort: String(host_port),
    });
  }
  return bindings;
}

function keyOf({ container_port, protocol = 'tcp' }: PortMapping): string {
  return `${container_port}/${protocol}`;
}

/** The inverse of `portBindings`, in the order of the host ports, since Docker has none. */
export function portsIn(bindings: unknown): PortMapping[] {
  const byContainerPort = (bindings ?? {}) as Record<string, { HostIp?: string; HostPort?: string }[] | null>;
  return Object.entries(byContainerPort)
    .flatMap(([key, entries]) =>
      (entries ?? []).map(({ HostIp, HostPort }) => ({
        host_port: Number(HostPort),
        container_port: Number.parseInt(key, 10),
        ...protocolOf(key.split('/')[1]),
        ...(HostIp ? { host_address: HostIp } : {}),
      })),
    )
    .filter(({ host_port, container_port }) => host_port > 0 && container_port > 0)
    .sort((a, b) => a.host_port - b.host_port);
}

/** Whether a port that is published is one that shall be. The engine names the addresses that it has published it on. */
export function isSamePort(published: PortMapping, wanted: PortMapping): boolean {
  const { host_port, container_port, protocol, host_address } = wanted;
  return (
    published.host_port === host_port &&
    published.container_port === container_port &&
    published.protocol === protocol &&
    (host_address === undefined || published.host_address === host_address)
  );
}

const EVERY_ADDRESS = ['0.0.0.0', '::'];

/** The host ports that nobody else can have as long as this container runs. */
export function publishedPorts({ Id, Names, Ports }: ContainerInfo): TakenPort[] {
  const by = (Names[0] ?? Id.slice(0, 12)).replace(/^\//, '');
  const ports = Ports.filter(({ PublicPort }) => PublicPort).map(({ IP, PublicPort, Type }) => ({
    host_port: PublicPort,
    ...protocolOf(Type),
    ...(EVERY_ADDRESS.includes(IP ?? '') || !IP ? {} : { host_address: IP }),
    by,
  }));
  return [...new Map(ports.map((port) => [JSON.stringify(port), port])).values()];
}

/** TCP is left out, as in a spec. */
function protocolOf(name: string | undefined): Pick<PortMapping, 'protocol'> {
  const protocol = PROTOCOLS.find((known) => known === name) ?? 'tcp';
  return protocol === 'tcp' ? {} : { protocol };
}
