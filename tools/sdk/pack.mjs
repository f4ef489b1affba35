/**
 * npm run pack:sdk: builds the SDK and packs it for others to install, in dist/.
 */
import { join } from 'node:path';
import { prepare } from '../start/prepare.mjs';

await prepare();
const { packSdk } = await import('./pack-sdk.mjs');
console.log(await packSdk(join(import.meta.dirname, '..', '..', 'dist')));
