/**
 * One worker from the built packages, in this process, with what it reports in hand.
 */
import { createWorker, WorkerReadiness } from '@nebula/worker';
import { until, within } from '../running/until.mjs';

/** @import { WorkerMessage, WorkerReport } from '@nebula/contracts' */
/** @import { InProcessBroker } from '@nebula/messaging' */
/** @import { WorkerOptions } from '@nebula/worker' */
/** @import { Bench } from '../running/bench.mjs' */

/** Longest time until everything has converged, milliseconds. */
const CONVERGE_LIMIT_MS = 300_000;
const READY_LIMIT_MS = 30_000;

const SELECTION = /** @type {const} */ ({ kind: 'all' });

/** Takes the worker's reports and keeps the newest. */
class ReportInbox {
  /** @type {WorkerReport | undefined} */
  newest;
  /** Called with each report. @type {() => void} */
  onReport = () => undefined;

  /** @param {WorkerMessage} message */
  publish(message) {
    if (message.kind !== 'report') return;
    this.newest = message;
    this.onReport();
  }
}

export class WorkerSession {
  #bench;
  #app;
  #inbox;

  /**
   * @param {Bench} bench
   * @param {Awaited<ReturnType<typeof createWorker>>} app
   * @param {ReportInbox} inbox
   */
  constructor(bench, app, inbox) {
    this.#bench = bench;
    this.#app = app;
    this.#inbox = inbox;
    this.close = bench.cleanUp.add('worker', () => app.close());
  }

  /**
   * Makes a worker that isn't listening yet. It is closed at the end of the part at the latest.
   * @param {Bench} bench
   * @param {{ broker: InProcessBroker, scope: string, stateDir: string, parallelism: number, dockerHost?: string }} options
   *   without `dockerHost`: the engine of the run
   */
  static async open(bench, { broker, scope, stateDir, parallelism, dockerHost = bench.dockerHost }) {
    const inbox = new ReportInbox();
    const app = await createWorker({
      scope,
      state_dir: stateDir,
      docker_host: dockerHost,
      parallelism,
      selection: SELECTION,
      strategy: broker.desiredStateStrategy(SELECTION),
      reports: inbox,
      logger: problemsOnly(bench.say),
      version: 'bench',
    });
    return new WorkerSession(bench, app, inbox);
  }

  async listen() {
    await this.#app.listen();
  }

  /** Resolves when the worker says that nothing is missing. */
  async ready() {
    const readiness = this.#app.get(WorkerReadiness);
    await until('the worker is ready', async () => (await readiness.problem()) === null, {
      limitMs: READY_LIMIT_MS,
      stopping: this.#bench.stopping,
    });
  }

  /**
   * Resolves when the worker reports that it has converged on this revision.
   * @param {number} revision
   * @returns {Promise<void>}
   * @throws {Error} when it reports a failure instead: the time would then measure a backoff
   */
  async converged(revision) {
    /** @type {Promise<void>} */
    const report = new Promise((resolve, reject) => {
      const look = () => {
        const { newest } = this.#inbox;
        if (newest?.revision !== revision) return;
        if (newest.state === 'converged') resolve();
        if (newest.state === 'failed') {
          const { step, message } = newest.last_error ?? { step: 'a step', message: 'no message' };
          reject(new Error(`the worker failed at ${step}: ${message}`));
        }
      };
      this.#inbox.onReport = look;
      look();
    });
    await within(`the worker has converged on revision ${revision}`, report, {
      limitMs: CONVERGE_LIMIT_MS,
      stopping: this.#bench.stopping,
    });
  }
}

/**
 * @param {(text: string) => void} say
 * @returns {WorkerOptions['logger']}
 */
function problemsOnly(say) {
  /** @param {string} level */
  const print =
    (level) =>
    (/** @type {unknown} */ message, /** @type {unknown[]} */ ...more) => {
      const fields = more.filter((item) => typeof item === 'object').map((item) => JSON.stringify(item));
      say(`  worker ${level}: ${[String(message), ...fields].join(' ')}`);
    };
  return { log: () => undefined, warn: print('warning'), error: print('error'), fatal: print('fatal') };
}
