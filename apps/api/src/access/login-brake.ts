import { networkOf, WIDER } from './address-group.js';
import { FailedLogins, FREE } from './failed-logins.js';

/** Slows down who guesses credentials: each address, and each network that many addresses are in. */
export class LoginBrake {
  private readonly groups: FailedLogins;
  private readonly networks: FailedLogins;

  /** @param now by a monotonic clock, milliseconds */
  constructor(now: () => number) {
    this.groups = new FailedLogins(now);
    this.networks = new FailedLogins(now, undefined, FREE * WIDER);
  }

  /** How long an address has to wait until its credentials are looked at, milliseconds; 0 when it needn't. */
  wait(group: string): number {
    const network = networkOf(group);
    return Math.max(this.groups.wait(group), network === null ? 0 : this.networks.wait(network));
  }

  /** Notes a failure. Answers whether the address has to wait from now on. */
  failed(group: string): boolean {
    const network = networkOf(group);
    const isNetworkSlowed = network !== null && this.networks.failed(network);
    return this.groups.failed(group) || isNetworkSlowed;
  }

  /** Takes a failure back that was noted before it was known to be none. */
  wasRight(group: string): void {
    const network = networkOf(group);
    this.groups.wasRight(group);
    if (network !== null) this.networks.wasRight(network);
  }
}
