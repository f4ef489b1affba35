export const PROTOCOLS = ['tcp', 'udp', 'sctp'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** One published port. */
export interface PortMapping {
  host_port: number;
  container_port: number;
  /** TCP when absent. */
  protocol?: Protocol;
  /** Address of the server that it is published on, IPv6 without brackets; all of them when absent. */
  host_address?: string;
}

export const HIGHEST_PORT = 65_535;
