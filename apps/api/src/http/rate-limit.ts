import type { FastifyInstance } from 'fastify';
import { tooManyRequests } from '../access/access-problems.js';
import { addressGroup, networkOf, WIDER } from '../access/address-group.js';
import { requirementOf } from '../access/requires.js';
import { WindowCounts } from './window-counts.js';

const MINUTE_MS = 60_000;

/** Counts each request before it is looked at, so that also what is for no path or not for this server counts. */
export function registerRateLimit(server: FastifyInstance, limit: RateLimit): void {
  server.addHook('onRequest', (request, _reply, done) => {
    try {
      // Whoever watches over the program asks often, and is told nothing.
      if (!requirementOf(request.routeOptions.config)?.open) limit.count(addressGroup(request.ip));
    } catch (error) {
      done(error as Error);
      return;
    }
    done();
  });
}

/** Limits how many requests an address may make in a minute. */
export class RateLimit {
  private readonly groups: WindowCounts;
  /** Else whoever has a network would have the limit once for each of its groups. */
  private readonly networks: WindowCounts;

  /**
   * @param limit so many in a minute
   * @param now by a monotonic clock, milliseconds
   */
  constructor(
    private readonly limit: number,
    now: () => number,
  ) {
    this.groups = new WindowCounts(limit, MINUTE_MS, now);
    this.networks = new WindowCounts(limit * WIDER, MINUTE_MS, now);
  }

  /**
   * Counts a request.
   * @param group from which it comes
   * @throws {ProblemError} 429 beyond the limit
   */
  count(group: string): void {
    this.refuse(this.groups.count(group), this.limit);
    const network = networkOf(group);
    if (network !== null) this.refuse(this.networks.count(network), this.limit * WIDER);
  }

  private refuse(wait: number, limit: number): void {
    if (wait > 0) throw tooManyRequests(Math.ceil(wait / 1_000), limit);
  }
}
