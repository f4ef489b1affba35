/**
 * The network of an engine of our own: a bridge and addresses that clash with nothing on this machine.
 *
 * Engines share one network namespace and, by default, the bridge docker0: a second engine would give it another
 * address and cut off the containers of the first. So each of ours has a bridge of its own.
 */
import { existsSync } from 'node:fs';
import { ip } from './ip-command.mjs';

/** @typedef {{ address: number, bits: number }} Range */

/** /16 ranges for private use that cloud and home networks use least. */
const CANDIDATES = [
  ...Array.from({ length: 40 }, (_, n) => `10.${210 + n}.0.0/16`),
  ...Array.from({ length: 14 }, (_, n) => `172.${18 + n}.0.0/16`),
];

/**
 * Makes the bridge, unless an earlier start has made it.
 * @param {string} name at most 15 characters
 * @param {number} [preference] where to begin to look for free addresses, so that engines that start at the same
 *   time take different ones
 */
export function ensureBridge(name, preference = 0) {
  if (ip('-json', '-4', 'address', 'show', 'dev', name).text.includes('"local"')) return;
  const base = freeRange(usedRanges(), preference);
  ip('link', 'delete', name);
  const problem =
    ip('link', 'add', name, 'type', 'bridge').problem ??
    ip('address', 'add', base.replace('.0.0/', '.0.1/'), 'dev', name).problem ??
    ip('link', 'set', name, 'up').problem;
  if (problem) throw new Error(`the bridge ${name} can't be set up: ${problem}`);
}

/** @param {string} name */
export function removeBridge(name) {
  if (existsSync(`/sys/class/net/${name}`)) ip('link', 'delete', name);
}

/**
 * @param {Range[]} used
 * @param {number} preference
 * @returns {string} CIDR
 */
export function freeRange(used, preference) {
  for (let n = 0; n < CANDIDATES.length; n += 1) {
    const candidate = CANDIDATES[(n + preference) % CANDIDATES.length] ?? '';
    const range = parseRange(candidate);
    if (!used.some((other) => overlap(range, other))) return candidate;
  }
  throw new Error('every private range of addresses that an engine could use is in use on this machine');
}

/**
 * @param {string} cidr
 * @returns {Range}
 */
export function parseRange(cidr) {
  const [address = '', bits = '32'] = cidr.split('/');
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  return { address: number, bits: Number(bits) };
}

/**
 * @param {Range} a
 * @param {Range} b
 */
function overlap(a, b) {
  const size = 2 ** (32 - Math.min(a.bits, b.bits));
  return Math.floor(a.address / size) === Math.floor(b.address / size);
}

/** @type {(text: string) => { addr_info?: { local: string, prefixlen: number }[] }[]} */
const parseLinks = JSON.parse;

/** @type {(text: string) => { dst: string }[]} */
const parseRoutes = JSON.parse;

/** What interfaces and routes use, but for the default route. */
function usedRanges() {
  const links = parseLinks(ip('-json', '-4', 'address', 'show').text || '[]');
  const routes = parseRoutes(ip('-json', '-4', 'route', 'show', 'table', 'all').text || '[]');
  return [
    ...links.flatMap(({ addr_info }) =>
      (addr_info ?? []).map(({ local, prefixlen }) => `${local}/${prefixlen}`),
    ),
    ...routes.filter(({ dst }) => /^\d/.test(dst)).map(({ dst }) => dst),
  ].map(parseRange);
}
