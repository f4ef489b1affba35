/**
 * npm test: everything, on a machine that has nothing but Node.
 */
import { readTestArguments, USAGE } from './arguments.mjs';

const argv = process.argv.slice(2);
const wish = readTestArguments(argv.filter((argument) => argument !== '--help' && argument !== '-h'));
if (argv.includes('--help') || argv.includes('-h')) {
  console.log(USAGE);
} else if ('problem' in wish) {
  console.error(wish.problem);
  process.exitCode = 2;
} else {
  const { runTests } = await import('./run-tests.mjs');
  process.exitCode = await runTests(wish);
}
