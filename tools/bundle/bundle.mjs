/**
 * npm run bundle: makes of each service one file that needs nothing but Node, in dist/.
 */
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { prepare } from '../start/prepare.mjs';

const PROJECT = join(import.meta.dirname, '..', '..');

await prepare();
const { bundleService } = await import('./bundle-service.mjs');
const folder = join(PROJECT, 'dist');
await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
for (const service of /** @type {const} */ (['api', 'worker'])) {
  const file = await bundleService(service, folder);
  const { size } = await stat(file);
  console.log(`${file}  ${(size / 1_000_000).toFixed(1)} MB`);
}
