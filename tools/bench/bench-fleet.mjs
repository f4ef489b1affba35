/**
 * npm run bench:fleet. Checks the version of Node before it loads anything that an older one can't read.
 */
import { nodeVersionProblem } from '../start/node-version.mjs';

const problem = nodeVersionProblem(process.versions.node);
if (problem) {
  console.error(problem);
  process.exit(1);
}
const { runFleetBench } = await import('./fleet/run-fleet-bench.mjs');
process.exit(await runFleetBench(process.argv.slice(2)));
