/** So many look-ups of an address go on at a time. */
export const LOOK_UPS_AT_ONCE = 20;

interface Places {
  taken: number;
  /** Who waits, the first that came first. */
  waiting: (() => void)[];
}

/**
 * Bounds what an address asks of the store at a time. Who finds no place waits, as it may be somebody with a right
 * token; how many wait is bounded by the limit on requests.
 */
export class LookUpPlaces {
  private readonly groups = new Map<string, Places>();

  /** Does the work as soon as the address has a place for it, in the order of the calls. */
  async within<T>(group: string, work: () => Promise<T>): Promise<T> {
    const places = this.groups.get(group) ?? { taken: 0, waiting: [] };
    this.groups.set(group, places);
    // Who leaves hands the place on, so that nobody takes it in between.
    if (places.taken === LOOK_UPS_AT_ONCE) await new Promise<void>((resolve) => places.waiting.push(resolve));
    else places.taken += 1;
    try {
      return await work();
    } finally {
      const next = places.waiting.shift();
      if (next) next();
      else if ((places.taken -= 1) === 0) this.groups.delete(group);
    }
  }
}
