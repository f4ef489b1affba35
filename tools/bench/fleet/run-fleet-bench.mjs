/**
 * npm run bench:fleet: what a fleet costs, against the raw broker and the bare database.
 */
import { runBenchmark } from '../running/run-benchmark.mjs';
import { readFleetArguments } from './arguments.mjs';
import { fleetHelp } from './help.mjs';

/** @import { PartResult } from '../running/bench.mjs' */
/** @import { FleetPartName } from './arguments.mjs' */
/** @import { FleetBench } from './fleet-bench.mjs' */

/**
 * @param {string[]} argv
 * @returns {Promise<number>} the exit code
 */
export async function runFleetBench(argv) {
  return await runBenchmark(argv, {
    read: readFleetArguments,
    help: fleetHelp,
    prepare: async (_common, settings) => {
      const { machineFacts } = await import('../report/machine.mjs');
      const { raiseFileLimit } = await import('./broker/file-limit.mjs');
      // A consumer is a connection and a file of the stream on the broker, and there are as many raw ones beside them.
      const open_files = await raiseFileLimit(settings.consumers * 4 + SPARE_FILES);
      return { more: {}, machine: { ...machineFacts(), open_files } };
    },
    part: partNamed,
  });
}

/** Open files beside those of the consumers. */
const SPARE_FILES = 4_000;

/**
 * @param {FleetPartName} name
 * @returns {Promise<(bench: FleetBench) => Promise<PartResult>>}
 */
async function partNamed(name) {
  switch (name) {
    case 'publish':
      return (await import('./publish/publish-part.mjs')).measurePublish;
    case 'fan-out':
      return (await import('./fan-out/fan-out-part.mjs')).measureFanOut;
    case 'worker':
      return (await import('./worker/worker-part.mjs')).measureWorker;
    case 'reports':
      return (await import('./reports/reports-part.mjs')).measureReports;
    case 'verification':
      return (await import('./verification/verification-part.mjs')).measureVerification;
  }
}
