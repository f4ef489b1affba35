/**
 * npm start. Checks the version of Node before it loads anything that an older one can't read.
 */
import { nodeVersionProblem } from './node-version.mjs';

const problem = nodeVersionProblem(process.versions.node);
if (problem) {
  console.error(problem);
  process.exit(1);
}
const { runStart } = await import('./run-start.mjs');
process.exit(await runStart(process.argv.slice(2)));
