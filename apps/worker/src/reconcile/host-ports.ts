import type { Protocol } from '@nebula/contracts';

/** A port of the server: TCP, and on all of its addresses, when nothing else is said. */
export interface HostPort {
  host_port: number;
  protocol?: Protocol;
  host_address?: string;
}

/** Whether no two containers can publish these at once: all addresses are in the way of each single one. */
export function collide(a: HostPort, b: HostPort): boolean {
  if (a.host_port !== b.host_port || (a.protocol ?? 'tcp') !== (b.protocol ?? 'tcp')) return false;
  return covers(a.host_address, b.host_address) || covers(b.host_address, a.host_address);
}

/** The first address is the second, or stands for it. */
function covers(all: string | undefined, single: string | undefined): boolean {
  if (all === undefined || all === single) return true;
  if (single === undefined) return false;
  return all === (single.includes(':') ? '::' : '0.0.0.0');
}

/** For people: `81`, `53/udp`, `127.0.0.1:81`. */
export function portName({ host_port, protocol = 'tcp', host_address }: HostPort): string {
  const address = host_address?.includes(':') ? `[${host_address}]` : host_address;
  const place = address === undefined ? '' : `${address}:`;
  return `${place}${host_port}${protocol === 'tcp' ? '' : `/${protocol}`}`;
}
