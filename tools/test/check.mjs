/**
 * npm run check: what can be known without running containers, in some minutes.
 */
import { prepare } from '../start/prepare.mjs';
import { runCheck } from './run-check.mjs';

const USAGE = `Usage: npm run check

Looks at types, lint, format, import cycles and generated files, and runs the unit tests: some minutes, without a
container. Installs what is missing. "npm test -- --help" says how to run one kind of tests, or one file.

Exit codes
  0  all good
  1  something is not; it is named at the end
  2  unknown argument
`;

const [argument] = process.argv.slice(2);
if (argument !== undefined) {
  const asksForHelp = ['--help', '-h'].includes(argument);
  process.stdout.write(asksForHelp ? USAGE : `unknown argument ${JSON.stringify(argument)}\n\n${USAGE}`);
  process.exit(asksForHelp ? 0 : 2);
}
await prepare({ build: false });
const begin = performance.now();
const { failed } = await runCheck((line) => console.log(line));
const seconds = ((performance.now() - begin) / 1000).toFixed(1);
console.log(
  failed.length === 0 ? `All good in ${seconds} s.` : `Failed in ${seconds} s: ${failed.join(', ')}.`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
