/**
 * npm run bundle: makes of each service and of the command line one file that needs nothing but Node, in dist/.
 */
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { prepare } from '../start/prepare.mjs';

const PROJECT = join(import.meta.dirname, '..', '..');

await prepare();
const { bundleService } = await import('./bundle-service.mjs');
const { bundleCommandLine } = await import('./bundle-command-line.mjs');
const folder = join(PROJECT, 'dist');
// It may hold archives that npm run pack:sdk and pack:cli have made, so each part replaces what is its own.
await mkdir(folder, { recursive: true });
for (const service of /** @type {const} */ (['api', 'worker'])) {
  await tell(await bundleService(service, folder));
}
await tell(await bundleCommandLine(folder));

async function tell(/** @type {string} */ file) {
  const { size } = await stat(file);
  console.log(`${file}  ${(size / 1_000_000).toFixed(1)} MB`);
}
