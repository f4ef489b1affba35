export interface BrokerAddress {
  host: string;
  port: number;
}

/** The address of a host that may have a port of its own: `name`, `name:port`, `::1`, `[::1]:port`. */
export function brokerAddress(host: string, port: number): BrokerAddress {
  const [, bracketed, plain, own] = /^(?:\[(.+)\]|([^:]+))(?::(\d+))?$/.exec(host) ?? [];
  const name = bracketed ?? plain;
  // An IPv6 address without brackets matches nothing of this.
  if (name === undefined) return { host, port };
  return { host: name, port: own === undefined ? port : Number(own) };
}

/** For people. */
export function addressText({ host, port }: BrokerAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
