/**
 * The program itself: what a command has of the process.
 */
import { httpFetch } from './connection/http-fetch.js';
import { run } from './run.js';
import { Interrupted } from './usage-error.js';

const interruption = new AbortController();
process.once('SIGINT', () => {
  interruption.abort(new Interrupted());
  // Who presses it again doesn't want to wait.
  process.once('SIGINT', () => process.exit(130));
});
// The reader of a pipe may have enough: `nebulactl app list | head -1`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

process.exitCode = await run(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  signal: interruption.signal,
  fetchTrusting: httpFetch,
});
// What is still open, like a connection that is kept for a next call, would hold the process up.
process.stdin.destroy();
