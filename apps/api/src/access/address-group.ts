import { isIPv4, isIPv6 } from 'node:net';

const UNKNOWN = 'unknown';

/**
 * What counts as one address: of IPv6 the network of 64 bits, since whoever has one address of it has them all (RFC
 * 6177); of IPv4 the address itself, also where it is written within IPv6. Some proxies hand a port on with it (RFC 7239
 * has that form), which doesn't count. All that is no address is one group: a proxy's word for "unknown", or what
 * somebody has thought of, must be no way to begin anew.
 */
export function addressGroup(address: string): string {
  if (isIPv4(address)) return address;
  const [plain = ''] = withoutPort(address).split('%');
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain) ?? [];
  const v4 = mapped ?? plain;
  if (isIPv4(v4)) return v4;
  if (!isIPv6(plain)) return UNKNOWN;
  const [head = '', tail] = plain.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':'));
  const first = groups(head);
  const last = tail === undefined ? [] : groups(tail);
  // An IPv4 address at the end stands for two groups; it is never among the first four.
  const missing = tail === undefined ? 0 : 8 - first.length - last.length - (plain.includes('.') ? 1 : 0);
  const whole = [...first, ...Array.from({ length: missing }, () => '0'), ...last];
  const network = whole.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::/64`;
}

/**
 * The network of 48 bits that a group of IPv6 is in, which is what a customer is often given (RFC 6177) and has 65,536
 * groups; null of all others. What counts for a group counts for its network too, within `WIDER` times the bounds.
 */
export function networkOf(group: string): string | null {
  return group.endsWith('::/64') ? `${group.split(':').slice(0, 3).join(':')}::/48` : null;
}

/** So many times as much as a group a whole network may do. */
export const WIDER = 16;

function withoutPort(address: string): string {
  const [, v6, v4] = /^(?:\[([^\]]*)\](?::\d{1,5})?|(\d+\.\d+\.\d+\.\d+):\d{1,5})$/.exec(address) ?? [];
  return v6 ?? v4 ?? address;
}
