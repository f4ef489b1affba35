/**
 * Writes the tables of the configuration of api and worker anew. To be run after a change of keys, with the packages
 * built (`npm run build`).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { CONFIGURATION_PAGE, withConfigurationTables } from './configuration-page.mjs';

writeFileSync(CONFIGURATION_PAGE, withConfigurationTables(readFileSync(CONFIGURATION_PAGE, 'utf8')));
