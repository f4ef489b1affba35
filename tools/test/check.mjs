/**
 * npm run check: what can be known without running containers, in under a minute.
 */
import { prepare } from '../start/prepare.mjs';
import { runCheck } from './run-check.mjs';

await prepare({ build: false });
const begin = performance.now();
const { failed } = await runCheck((line) => console.log(line));
const seconds = ((performance.now() - begin) / 1000).toFixed(1);
console.log(
  failed.length === 0 ? `All good in ${seconds} s.` : `Failed in ${seconds} s: ${failed.join(', ')}.`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
