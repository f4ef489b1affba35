/**
 * The program itself: what a command has of the process.
 */
import { httpFetch } from './connection/http-fetch.js';
import { printedTo } from './console/standard-output.js';
import { writeLine } from './console/terminal.js';
import { run } from './run.js';
import { EXIT, Interrupted } from './usage-error.js';

const interruption = new AbortController();
process.once('SIGINT', () => {
  interruption.abort(new Interrupted());
  // Who presses it again doesn't want to wait.
  process.once('SIGINT', () => process.exit(130));
});
// The reader of a pipe may have enough (`nebulactl app list | head -1`). Nothing more is printed then, and the command
// goes on to its own end: with --wait that is still to come.
const stdout = printedTo(process.stdout, 1);
let isToldOf = false;
stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE' || isToldOf) return;
  isToldOf = true;
  writeLine(process.stderr, `Error: not all could be printed: ${message}`);
  process.once('exit', () => (process.exitCode ||= EXIT.failed));
});
// Nobody is left who could be told.
process.stderr.on('error', () => undefined);

process.exitCode = await run(process.argv.slice(2), {
  stdin: process.stdin,
  stdout,
  stderr: process.stderr,
  env: process.env,
  signal: interruption.signal,
  fetchTrusting: (caFile) => httpFetch(caFile, { extraCaFile: process.env['NODE_EXTRA_CA_CERTS'] }),
});
// What is still open, like a connection that is kept for a next call, would hold the process up.
process.stdin.destroy();
