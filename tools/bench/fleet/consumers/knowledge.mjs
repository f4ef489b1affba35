/**
 * Which consumer has had which revision, and since when.
 */
import { monotonicMs } from '../monotonic.mjs';

/**
 * @typedef {object} Arrivals
 * @property {number[]} at when each consumer had it, by the shared clock, milliseconds
 */

export class Knowledge {
  /** @type {number[]} the highest revision of each, 0 for none */
  #revisions = [];
  /** @type {number[]} when each had that, by the shared clock */
  #at = [];
  /** @type {Map<number, () => void>} of those that know nothing yet */
  #waiting = new Map();
  /** @type {{ revision: number, missing: number, resolve: () => void } | null} */
  #awaited = null;

  /** @returns {number} the place of a new consumer */
  add() {
    this.#at.push(0);
    return this.#revisions.push(0) - 1;
  }

  /** @param {number} place @returns {Promise<void>} resolves when it knows anything */
  known(place) {
    if ((this.#revisions[place] ?? 0) > 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.set(place, resolve));
  }

  /** @param {number} place @param {number} revision that it has just got */
  note(place, revision) {
    const before = this.#revisions[place] ?? 0;
    if (revision <= before) return;
    this.#revisions[place] = revision;
    this.#at[place] = monotonicMs();
    this.#waiting.get(place)?.();
    this.#waiting.delete(place);
    const awaited = this.#awaited;
    if (!awaited || before >= awaited.revision || revision < awaited.revision) return;
    awaited.missing -= 1;
    if (awaited.missing === 0) awaited.resolve();
  }

  /** @param {number} revision the newest there is @returns {Promise<Arrivals>} when all have it */
  async all(revision) {
    const missing = this.#revisions.filter((known) => known < revision).length;
    if (missing > 0) {
      await /** @type {Promise<void>} */ (
        new Promise((resolve) => {
          this.#awaited = { revision, missing, resolve };
        })
      );
    }
    return { at: [...this.#at] };
  }
}
