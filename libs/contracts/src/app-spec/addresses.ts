import { isIP } from 'node:net';

/** Whether it is an address of IPv4 or IPv6, without a zone. */
export function isAddress(value: string): boolean {
  return isIP(value) !== 0 && !value.includes('%');
}

/**
 * The address before a host port, IPv6 in brackets, written in the one way that tells equal addresses and without
 * brackets; null when it is none.
 */
export function plainAddress(value: string): string | null {
  const inside = /^\[(.*)\]$/s.exec(value)?.[1];
  if (inside === undefined) return isIP(value) === 4 ? value : null;
  return isIP(inside) === 6 && isAddress(inside) ? new URL(`http://${value}`).hostname.slice(1, -1) : null;
}
