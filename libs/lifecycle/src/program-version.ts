import { readFileSync } from 'node:fs';

/** The version that a bundle was made of; only there it is defined. */
declare const NEBULA_VERSION: string | undefined;

/**
 * The version in a package's manifest.
 * @param manifest its address, as `new URL('../package.json', import.meta.url)`
 */
export function programVersion(manifest: URL): string {
  if (typeof NEBULA_VERSION === 'string') return NEBULA_VERSION;
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  return version;
}
