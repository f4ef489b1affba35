/**
 * What the only worker of a broker reports.
 */
import { PATTERNS } from '@nebula/contracts';
import { RabbitReportStrategy } from '@nebula/messaging';
import { Logger } from '@nestjs/common';
import { within } from '../../running/until.mjs';

/** @import { WorkerMessage } from '@nebula/contracts' */
/** @import { RabbitOptions, ReceivedReport } from '@nebula/messaging' */
/** @import { Program } from '../../idle/program.mjs' */
/** @import { FleetBench } from '../fleet-bench.mjs' */

const CONVERGE_LIMIT_MS = 300_000;

export class ReportedStates {
  #stopping;
  /** The revision that it has converged on, 0 for none. */
  #converged = 0;
  /** Called with each report. @type {() => void} */
  #onReport = () => undefined;

  /** @param {AbortSignal} stopping */
  constructor(stopping) {
    this.#stopping = stopping;
  }

  /**
   * @param {FleetBench} bench
   * @param {RabbitOptions} rabbit of the api's user
   * @returns {Promise<ReportedStates>}
   */
  static async open({ cleanUp, stopping }, rabbit) {
    Logger.overrideLogger(['error', 'fatal']);
    const states = new ReportedStates(stopping);
    const strategy = new RabbitReportStrategy(rabbit);
    strategy.addHandler(
      PATTERNS.report,
      async (/** @type {readonly ReceivedReport[]} */ batch) => {
        for (const { payload } of batch) states.#take(/** @type {WorkerMessage} */ (payload));
      },
      true,
    );
    cleanUp.add('reports', () => strategy.close());
    await new Promise((resolve) => strategy.listen(() => resolve(undefined)));
    return states;
  }

  /** Only what is reported from now on counts. */
  forget() {
    this.#converged = 0;
  }

  /**
   * Resolves when the worker says that it has converged on this revision.
   * @param {number} revision
   * @param {Program} program the worker
   * @throws {Error} when it ends before
   */
  async converged(revision, program) {
    const report = /** @type {Promise<void>} */ (
      new Promise((resolve) => {
        this.#onReport = () => {
          if (this.#converged >= revision) resolve();
        };
        this.#onReport();
      })
    );
    const end = program.exited.then(() => {
      throw new Error(`the worker has ended before it has converged on revision ${revision}`);
    });
    await within(`the worker has converged on revision ${revision}`, Promise.race([report, end]), {
      limitMs: CONVERGE_LIMIT_MS,
      stopping: this.#stopping,
    });
  }

  /** @param {WorkerMessage} message */
  #take(message) {
    if (message.kind !== 'report' || message.state !== 'converged') return;
    this.#converged = message.revision;
    this.#onReport();
  }
}
