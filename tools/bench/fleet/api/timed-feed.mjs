/**
 * A feed that passes everything on, counts the calls, and knows when each revision of an app was confirmed.
 */
import { monotonicMs } from '../monotonic.mjs';

/** @import { DesiredStateMessage } from '@nebula/contracts' */
/** @import { DesiredStateFeed } from '@nebula/messaging' */

/** @implements {DesiredStateFeed} */
export class TimedFeed {
  #feed;
  /** Calls by name. @type {Record<string, number>} */
  counts = {};
  /** When each revision was confirmed, by app and revision, by the shared clock, milliseconds. @type {Map<string, number>} */
  #confirmed = new Map();
  /** Called after each call. @type {() => void} */
  onCall = () => undefined;

  /** @param {DesiredStateFeed} feed */
  constructor(feed) {
    this.#feed = feed;
  }

  get region() {
    return this.#feed.region;
  }

  /** @param {DesiredStateMessage} message */
  async publish(message) {
    await this.#feed.publish(message);
    this.#confirmed.set(key(message.app_name, message.revision), monotonicMs());
    this.#count('publish');
  }

  /** @param {string} app @param {number} revision @returns {number | null} when it was confirmed, null when it is not */
  confirmedAt(app, revision) {
    return this.#confirmed.get(key(app, revision)) ?? null;
  }

  /** @param {string} appName */
  distrust(appName) {
    this.#feed.distrust?.(appName);
  }

  /** @param {string} appName */
  async readNewest(appName) {
    const newest = await this.#feed.readNewest(appName);
    this.#count('readNewest');
    return newest;
  }

  /** @param {string} appName */
  async readHighest(appName) {
    const highest = await this.#feed.readHighest(appName);
    this.#count('readHighest');
    return highest;
  }

  /** @param {string} appName */
  async removeDeleted(appName) {
    const removed = await this.#feed.removeDeleted(appName);
    this.#count('removeDeleted');
    return removed;
  }

  problem() {
    return this.#feed.problem();
  }

  async close() {
    await this.#feed.close();
  }

  /** @param {string} name */
  #count(name) {
    this.counts[name] = (this.counts[name] ?? 0) + 1;
    this.onCall();
  }
}

/** @param {string} app @param {number} revision */
function key(app, revision) {
  return `${app} ${revision}`;
}
