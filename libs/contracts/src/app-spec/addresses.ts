import { isIP } from 'node:net';

/** Whether it is an address of IPv4 or IPv6, without a zone. */
export function isAddress(value: string): boolean {
  return isIP(value) !== 0 && !value.includes('%');
}

/**
 * The address before a host port, IPv6 in brackets, written in the one way that tells equal addresses and without
 * brackets; null when it is none. The way is that of the engine's language: an address of IPv4 that is mapped into IPv6
 * is the one of IPv4.
 */
export function plainAddress(value: string): string | null {
  const inside = /^\[(.*)\]$/s.exec(value)?.[1];
  if (inside === undefined) return isIP(value) === 4 ? value : null;
  if (isIP(inside) !== 6 || !isAddress(inside)) return null;
  const plain = new URL(`http://${value}`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(plain)?.slice(1);
  return mapped ? mapped.flatMap(bytesOfPart).join('.') : plain;
}

/** The two bytes of one part of an address of IPv6. */
function bytesOfPart(part: string): number[] {
  const value = Number.parseInt(part, 16);
  return [value >> 8, value & 0xff];
}
