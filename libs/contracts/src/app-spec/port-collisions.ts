import type { Flaw } from '../parsing/rule.js';
import { HIGHEST_PORT, type PortMapping } from './port-mapping.js';

/** A published port of the first replica, and which item of the list says so. */
export interface Start {
  index: number;
  mapping: PortMapping;
}

/**
 * Ranges [port, port + replicas - 1] that pass the last port or meet an earlier one of the same protocol on the same
 * address. A port without an address is on every one, one on 0.0.0.0 or :: on every one of its family.
 */
export function* collisions(starts: readonly Start[], replicas: number): Generator<Flaw> {
  const taken = new TakenPorts(replicas);
  for (const start of starts) {
    const { host_port } = start.mapping;
    if (host_port + replicas - 1 > HIGHEST_PORT) {
      yield {
        at: [start.index],
        message: `must leave room for ${replicas} replicas: they would bind host ports ${range(host_port, replicas)}, and the last is ${HIGHEST_PORT}`,
      };
    }
    const met = taken.take(start);
    if (met) {
      yield {
        at: [start.index],
        message: `must not collide with item ${met.index}: that binds ${bound(met, replicas)}, this ${bound(start, replicas, '')}`,
      };
    }
  }
}

/** Takes ports one after the other and finds an earlier one that is met. */
class TakenPorts {
  private readonly ranges = new Map<string, Ranges>();

  constructor(private readonly replicas: number) {}

  take(start: Start): Start | undefined {
    const { protocol = 'tcp', host_address: address } = start.mapping;
    const family = address?.includes(':') ? '6' : '4';
    const wild = address === '0.0.0.0' || address === '::';
    // Of each port it is kept where others look for it: all ports, those of its family, those on all addresses …
    const kept = ['all', address === undefined ? 'everywhere' : `family ${family}`];
    if (wild) kept.push(`wild ${family}`);
    if (address !== undefined) kept.push(`on ${address}`);
    const looked = lookedAt(address, family, wild);
    const found = looked.map((name) => this.of(protocol, name).met(start)).find((met) => met !== undefined);
    for (const name of kept) this.of(protocol, name).add(start);
    return found;
  }

  private of(protocol: string, name: string): Ranges {
    const key = `${protocol} ${name}`;
    const ranges = this.ranges.get(key) ?? new Ranges(this.replicas);
    this.ranges.set(key, ranges);
    return ranges;
  }
}

function lookedAt(address: string | undefined, family: string, wild: boolean): string[] {
  if (address === undefined) return ['all'];
  return wild ? ['everywhere', `family ${family}`] : ['everywhere', `wild ${family}`, `on ${address}`];
}

/**
 * Ranges that are all equally long, so cut the ports into blocks of that length: a range meets only those that begin
 * in its own block and the two beside it, of which the extremes decide.
 */
class Ranges {
  private readonly blocks = new Map<number, { lowest: Start; highest: Start }>();

  constructor(private readonly length: number) {}

  met(start: Start): Start | undefined {
    const number = this.block(start);
    return [
      this.blocks.get(number)?.lowest,
      this.blocks.get(number - 1)?.highest,
      this.blocks.get(number + 1)?.lowest,
    ].find((other) => other && Math.abs(port(other) - port(start)) < this.length);
  }

  add(start: Start): void {
    const number = this.block(start);
    const block = this.blocks.get(number);
    if (!block) this.blocks.set(number, { lowest: start, highest: start });
    else if (port(start) < port(block.lowest)) block.lowest = start;
    else if (port(start) > port(block.highest)) block.highest = start;
  }

  private block(start: Start): number {
    return Math.floor(port(start) / this.length);
  }
}

function port({ mapping }: Start): number {
  return mapping.host_port;
}

function range(first: number, replicas: number): string {
  return replicas === 1 ? `${first}` : `${first} to ${first + replicas - 1}`;
}

function bound({ mapping }: Start, replicas: number, what = 'host port '): string {
  const { host_port, protocol, host_address } = mapping;
  const where = host_address === undefined ? '' : ` on ${host_address}`;
  return `${what}${range(host_port, replicas)}${protocol ? `/${protocol}` : ''}${where}`;
}
