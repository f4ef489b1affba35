/**
 * npm run bench. Checks the version of Node before it loads anything that an older one can't read.
 */
import { nodeVersionProblem } from '../start/node-version.mjs';

const problem = nodeVersionProblem(process.versions.node);
if (problem) {
  console.error(problem);
  process.exit(1);
}
const { runBench } = await import('./run-bench.mjs');
process.exit(await runBench(process.argv.slice(2)));
