/**
 * Writes anew what of the Helm chart follows from its values and from the configuration of the programs. To be run after
 * a change of them, with the packages built.
 */
import { API_KEYS, REGION_KEYS } from '@nebula/api';
import { WORKER_KEYS } from '@nebula/worker';
import { readFileSync, writeFileSync } from 'node:fs';
import { CHART_PAGE, SCHEMA_FILE, VALUES_FILE, withConfigKeys, withValuesTable } from './helm-values.mjs';

const read = (/** @type {string} */ path) => readFileSync(path, 'utf8');

writeFileSync(CHART_PAGE, withValuesTable(read(CHART_PAGE), read(VALUES_FILE)));
const keys = { api: { ...API_KEYS }, worker: { ...WORKER_KEYS }, region: { ...REGION_KEYS } };
writeFileSync(SCHEMA_FILE, withConfigKeys(read(SCHEMA_FILE), keys));
