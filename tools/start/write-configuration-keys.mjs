/**
 * Writes the part of --help on configuration anew, from the built packages. To be run after a change of keys.
 */
import { writeFileSync } from 'node:fs';
import { describeKeys } from '@nebula/configuration';
import { STANDALONE_KEYS } from '@nebula/standalone';
import { KEYS_FILE } from './help.mjs';

writeFileSync(KEYS_FILE, `${describeKeys(STANDALONE_KEYS).trimEnd()}\n`);
