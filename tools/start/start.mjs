/**
 * npm start. Checks the version of Node before it loads anything that an older one can't read.
 */
import { nodeVersionProblem } from './node-version.mjs';

const problem = nodeVersionProblem(process.versions.node);
if (problem) {
  console.error(problem);
  process.exit(1);
}
// Whoever reads the output may leave early (`| head`); that is no reason to end.
process.stdout.on('error', () => undefined);
const { runStart } = await import('./run-start.mjs');
process.exit(await runStart(process.argv.slice(2)));
