/** So many failures an address has free. */
export const FREE = 5;

/** The wait after the first failure beyond them, milliseconds; it doubles with each further one. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

/** So long after its last failure an address is forgotten, milliseconds. */
const MEMORY_MS = 15 * 60_000;

/** So many addresses are remembered; the one whose last failure is the oldest is forgotten first. */
const REMEMBERED = 10_000;

/** So many waits of an address are told apart, more than checks can be under way; the oldest are forgotten first. */
const MOST_WAITS = 50;

/** A failure that was noted. */
export interface Failure {
  /** The address has to wait from now on. */
  readonly isSlowed: boolean;
  /** Takes it back once it is known to be none, with the wait that it has brought; those of other failures go on. */
  takeBack(): void;
}

/** What one failure has brought. */
interface Wait {
  /** Nothing is tried before. */
  readonly until: number;
}

interface Failures {
  count: number;
  last: number;
  /** Those that go on, and some that are over; the oldest first. */
  readonly waits: Set<Wait>;
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
    const now = this.now();
    const waits = [...(this.known(address)?.waits ?? [])];
    return Math.max(0, ...waits.map(({ until }) => until - now));
  }

  /** Notes a failure, of a check that takes time when it begins: else many could be under way before the first counts. */
  failed(address: string): Failure {
    const now = this.now();
    const failures = this.known(address) ?? { count: 0, last: now, waits: new Set() };
    for (const wait of failures.waits)
      if (wait.until <= now || failures.waits.size >= MOST_WAITS) failures.waits.delete(wait);
    failures.count += 1;
    failures.last = now;
    const wait = { until: now + waitAfter(failures.count - this.free) };
    const isSlowed = wait.until > now;
    if (isSlowed) failures.waits.add(wait);
    this.remember(address, failures);
    const takeBack = () => {
      // It may be forgotten by now, and what is known of the address from after that.
      if (this.addresses.get(address) !== failures) return;
      failures.waits.delete(wait);
      failures.count -= 1;
      if (failures.count === 0) this.addresses.delete(address);
    };
    return { isSlowed, takeBack };
  }

  private remember(address: string, failures: Failures): void {
    this.addresses.delete(address);
    this.addresses.set(address, failures);
    if (this.addresses.size <= this.remembered) return;
    const [oldest] = this.addresses.keys();
    if (oldest !== undefined) this.addresses.delete(oldest);
  }

  private known(address: string): Failures | undefined {
    const known = this.addresses.get(address);
    if (known && this.now() - known.last <= MEMORY_MS) return known;
    if (known) this.addresses.delete(address);
    return undefined;
  }
}

/**
 * How long a failure lets wait, milliseconds.
 * @param beyond so many more there are than an address has free
 */
function waitAfter(beyond: number): number {
  return beyond <= 0 ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(beyond - 1, 10));
}
