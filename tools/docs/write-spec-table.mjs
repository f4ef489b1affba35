/**
 * Writes the table of the fields of a spec anew, from the built packages. To be run after a change of fields.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { SPEC_PAGE, withSpecTable } from './spec-table.mjs';

writeFileSync(SPEC_PAGE, withSpecTable(readFileSync(SPEC_PAGE, 'utf8')));
