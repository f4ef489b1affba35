/** So many failures an address has free. */
export const FREE = 5;

/** The wait after the first failure beyond them, milliseconds; it doubles with each further one. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

/** So long after its last failure an address is forgotten, milliseconds. */
const MEMORY_MS = 15 * 60_000;

/** So many addresses are remembered; the one whose last failure is the oldest is forgotten first. */
const REMEMBERED = 10_000;

interface Failures {
  count: number;
  last: number;
  /** Nothing is tried before. */
  until: number;
  /** The same before the last failure. */
  before: number;
}

/** Slows down who guesses credentials, each address by itself. A success doesn't make up for failures. */
export class FailedLogins {
  /** The oldest first. */
  private readonly addresses = new Map<string, Failures>();

  /** @param now by a monotonic clock, milliseconds */
  constructor(
    private readonly now: () => number,
    private readonly remembered = REMEMBERED,
    private readonly free = FREE,
  ) {}

  /** How long an address has to wait until its credentials are looked at, milliseconds; 0 when it needn't. */
  wait(address: string): number {
    const { until = 0 } = this.known(address) ?? {};
    return Math.max(0, until - this.now());
  }

  /**
   * Notes a failure, of a check that takes time when it begins: else many could be under way before the first counts.
   * Answers whether the address has to wait from now on.
   */
  failed(address: string): boolean {
    const now = this.now();
    const { count = 0, until = 0 } = this.known(address) ?? {};
    const beyond = count + 1 - this.free;
    const wait = beyond <= 0 ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(beyond - 1, 10));
    this.addresses.delete(address);
    this.addresses.set(address, {
      count: count + 1,
      last: now,
      until: Math.max(until, now + wait),
      before: until,
    });
    if (this.addresses.size > this.remembered) {
      const [oldest] = this.addresses.keys();
      if (oldest !== undefined) this.addresses.delete(oldest);
    }
    return wait > 0;
  }

  /** Takes a failure back that was noted before it was known to be none, with the wait that it has brought. */
  wasRight(address: string): void {
    const known = this.known(address);
    if (!known) return;
    const { count, before } = known;
    if (count <= 1) this.addresses.delete(address);
    else this.addresses.set(address, { ...known, count: count - 1, until: before });
  }

  private known(address: string): Failures | undefined {
    const known = this.addresses.get(address);
    if (known && this.now() - known.last <= MEMORY_MS) return known;
    if (known) this.addresses.delete(address);
    return undefined;
  }
}
