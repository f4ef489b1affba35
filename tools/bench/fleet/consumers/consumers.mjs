/**
 * Consumers of one stream, spread over a few processes.
 */
import { join } from 'node:path';
import { Child } from '../../running/child.mjs';
import { FOLLOWED_APP } from './followed-app.mjs';

/** @import { FleetBench } from '../fleet-bench.mjs' */
/** @import { ConsumerInput, ConsumerQuestion } from './consumer-process.mjs' */
/** @import { Arrivals } from './knowledge.mjs' */

/** One process can't use more than a core, and more than these are in each other's way on a small machine. */
const PROCESSES = 4;

const START_LIMIT_MS = 60_000;
const CONNECT_LIMIT_MS = 300_000;
const AWAIT_LIMIT_MS = 300_000;

export class Consumers {
  #children;
  /** Connected, over all processes. */
  count = 0;

  /** @param {Child[]} children */
  constructor(children) {
    this.#children = children;
  }

  /**
   * @param {FleetBench} bench
   * @param {ConsumerInput} consumer
   * @returns {Promise<Consumers>} with none connected yet
   */
  static async start(bench, consumer) {
    const module = join(import.meta.dirname, 'consumer-process.mjs');
    const children = Array.from({ length: PROCESSES }, () => Child.start(bench, module, consumer));
    await Promise.all(children.map((child) => child.ask(null, START_LIMIT_MS)));
    return new Consumers(children);
  }

  /** Connects until there are so many, each of which knows what is newest. @param {number} count */
  async connect(count) {
    const shares = this.#children.map((_, index) => Math.ceil((count - index) / PROCESSES));
    await Promise.all(
      this.#children.map((child, index) =>
        child.ask(question({ do: 'connect', count: shares[index] ?? 0 }), CONNECT_LIMIT_MS),
      ),
    );
    this.count = count;
  }

  /** From now on ours send heartbeats, as that many workers do. */
  async report() {
    const share = Math.ceil(this.count / PROCESSES);
    await Promise.all(
      this.#children.map((child, index) =>
        child.ask(question({ do: 'report', first: index * share }), AWAIT_LIMIT_MS),
      ),
    );
  }

  /**
   * Before the revision is sent or after it, but before a newer one of the app is: what counts is when each got its newest.
   * @param {number} revision
   * @param {string} app
   * @returns {Promise<number[]>} when each had it, by the shared clock, milliseconds, in order of time
   */
  async have(revision, app = FOLLOWED_APP) {
    const answers = await Promise.all(
      this.#children.map((child) => child.ask(question({ do: 'await', app, revision }), AWAIT_LIMIT_MS)),
    );
    return answers.flatMap((answer) => /** @type {Arrivals} */ (answer).at).sort((a, b) => a - b);
  }

  /** Resolves when they have nothing left to do, so that what is measured next has the machine for itself. */
  async idle() {
    await Promise.all(this.#children.map((child) => child.ask(question({ do: 'idle' }), AWAIT_LIMIT_MS)));
  }

  /** Ends all connections in order, and the processes. */
  async stop() {
    await Promise.all(this.#children.map((child) => child.ask(question({ do: 'close' }), CONNECT_LIMIT_MS)));
    await Promise.all(this.#children.map((child) => child.stop()));
  }
}

/** @param {ConsumerQuestion} asked */
function question(asked) {
  return asked;
}
