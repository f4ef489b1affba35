/** A wait that is longer gives the slot up, milliseconds: the engine has nothing to do meanwhile. */
const LONG = 1_000;

/** So many lanes work with the engine at once; who waits longest comes first. */
export class EngineSlots {
  private used = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly size: number) {}

  /** Does the work as soon as there is a slot. */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    if (this.used < this.size) this.used += 1;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await work();
    } finally {
      this.free();
    }
  }

  /**
   * Does work, within `hold`, that is mostly a wait for a program, as for its end. When it is long, others have the slot
   * meanwhile. What follows it waits for none: a replica may be down until then.
   */
  async lend<T>(work: () => Promise<T>): Promise<T> {
    let isLent = false;
    const timer = setTimeout(() => {
      isLent = true;
      this.free();
    }, LONG);
    try {
      return await work();
    } finally {
      clearTimeout(timer);
      if (isLent) this.used += 1;
    }
  }

  private free(): void {
    this.used -= 1;
    if (this.used >= this.size) return;
    const next = this.waiting.shift();
    if (!next) return;
    this.used += 1;
    next();
  }
}
