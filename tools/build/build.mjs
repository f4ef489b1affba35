/**
 * Builds all packages, as far as they have changed: `npm run build`.
 */
import { prepare } from '../start/prepare.mjs';

await prepare();
