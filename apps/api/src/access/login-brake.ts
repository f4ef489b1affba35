import { networkOf, WIDER } from './address-group.js';
import { FailedLogins, type Failure, FREE } from './failed-logins.js';

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

  /** Notes a failure, of a check that takes time when it begins. */
  failed(group: string): Failure {
    const network = networkOf(group);
    const ofGroup = this.groups.failed(group);
    if (network === null) return ofGroup;
    const ofNetwork = this.networks.failed(network);
    return {
      isSlowed: ofGroup.isSlowed || ofNetwork.isSlowed,
      takeBack: () => {
        ofGroup.takeBack();
        ofNetwork.takeBack();
      },
    };
  }
}
