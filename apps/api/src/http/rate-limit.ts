import { tooManyRequests } from '../access/access-problems.js';
import { networkOf, WIDER } from '../access/address-group.js';
import { WindowCounts } from './window-counts.js';

const MINUTE_MS = 60_000;

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
