import { readFileSync } from 'node:fs';

/** Written into the bundle, which has no package beside it. */
declare const NEBULA_VERSION: string | undefined;

/** Of this program. */
export const VERSION = versionOfProgram();

function versionOfProgram(): string {
  if (typeof NEBULA_VERSION === 'string') return NEBULA_VERSION;
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
