/**
 * npm run down. Checks the version of Node before it loads anything that an older one can't read.
 */
import { nodeVersionProblem } from './node-version.mjs';

const problem = nodeVersionProblem(process.versions.node);
if (problem) {
  console.error(problem);
  process.exit(1);
}
const { runDown } = await import('./run-down.mjs');
process.exit(await runDown(process.argv.slice(2)));
