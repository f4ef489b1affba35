/**
 * npm run api, npm run worker: installs and builds what is missing, and runs one of the services in this process.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { nodeVersionProblem } from './node-version.mjs';

const SERVICES = ['api', 'worker'];
const PROJECT = join(import.meta.dirname, '..', '..');

const problem = nodeVersionProblem(process.versions.node);
const [service = '', ...rest] = process.argv.slice(2);
if (problem !== null || !SERVICES.includes(service)) {
  console.error(
    problem ?? `there is no service ${JSON.stringify(service)}; known are ${SERVICES.join(', ')}`,
  );
  process.exit(2);
}
const { prepare } = await import('./prepare.mjs');
// Paths and the file of the configuration are relative to the project, from wherever this is called.
process.chdir(PROJECT);
await prepare();
process.argv.splice(2, process.argv.length, ...rest);
await import(pathToFileURL(join(PROJECT, 'apps', service, 'dist', 'main.js')).href);
