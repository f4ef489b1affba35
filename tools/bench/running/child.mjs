/**
 * A Node process of our own that is asked by messages, so that what it measures has a process to itself.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import { keepApart } from './processors.mjs';
import { within } from './until.mjs';

/** @import { ChildProcess } from 'node:child_process' */
/** @import { Surroundings } from './bench.mjs' */

/** Time that a child has to end in order, milliseconds. */
const STOP_LIMIT_MS = 10_000;

export class Child {
  #process;
  #name;
  #stopping;

  /**
   * @param {ChildProcess} process
   * @param {string} name
   * @param {AbortSignal} stopping
   */
  constructor(process, name, stopping) {
    this.#process = process;
    this.#name = name;
    this.#stopping = stopping;
  }

  /**
   * It is stopped at the end of the part at the latest. A child ends by itself when this process is gone.
   * @param {Pick<Surroundings, 'cleanUp' | 'stopping'>} bench
   * @param {string} module path
   * @param {unknown} input its first argument, as JSON
   */
  static start({ cleanUp, stopping }, module, input) {
    // Standard output is for the result alone.
    const process = fork(module, [JSON.stringify(input)], { stdio: ['ignore', 2, 2, 'ipc'] });
    const child = new Child(process, basename(module), stopping);
    child.stop = cleanUp.add(`process ${child.#name}`, () => child.#end());
    return child;
  }

  /** @type {() => Promise<void>} */
  stop = async () => undefined;

  /**
   * Keeps it to processors that the other role has no part of.
   * @param {'server' | 'asking'} role
   */
  async keepApart(role) {
    const { pid } = this.#process;
    if (pid !== undefined) await keepApart(pid, role);
  }

  /**
   * Sends a question and waits for the next message.
   * @param {unknown} question null: only waits, for the message that it is ready
   * @param {number} limitMs
   * @returns {Promise<unknown>}
   * @throws {Error} when the process ends instead
   */
  async ask(question, limitMs) {
    const heard = new AbortController();
    const { signal } = heard;
    const answer = once(this.#process, 'message', { signal }).then(
      ([message]) => /** @type {unknown} */ (message),
    );
    const end = once(this.#process, 'exit', { signal }).then(([code]) => {
      throw new Error(`${this.#name} ended with code ${String(code)} before it answered`);
    });
    // The one that loses is aborted, which is nobody's failure.
    answer.catch(() => undefined);
    end.catch(() => undefined);
    if (question !== null) this.#process.send(/** @type {object} */ (question));
    try {
      return await within(`${this.#name} has answered`, Promise.race([answer, end]), {
        limitMs,
        stopping: this.#stopping,
      });
    } finally {
      heard.abort();
    }
  }

  async #end() {
    const { exitCode, signalCode } = this.#process;
    if (exitCode !== null || signalCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    const kill = setTimeout(() => this.#process.kill('SIGKILL'), STOP_LIMIT_MS);
    await ended;
    clearTimeout(kill);
  }
}
