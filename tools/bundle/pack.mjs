/**
 * npm run pack:cli: packs the command line for others to install, in dist/.
 */
import { join } from 'node:path';
import { prepare } from '../start/prepare.mjs';

await prepare({ build: false });
const { packCommandLine } = await import('./pack-command-line.mjs');
console.log(await packCommandLine(join(import.meta.dirname, '..', '..', 'dist')));
