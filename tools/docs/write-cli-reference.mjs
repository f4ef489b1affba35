/**
 * Writes the reference of the command line anew, from the built packages. To be run after a change of commands.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { CLI_PAGE, withCliReference } from './cli-reference.mjs';

writeFileSync(CLI_PAGE, withCliReference(readFileSync(CLI_PAGE, 'utf8')));
