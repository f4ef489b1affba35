import { readFileSync } from 'node:fs';

/**
 * The version in a package's manifest.
 * @param manifest its address, as `new URL('../package.json', import.meta.url)`
 */
export function programVersion(manifest: URL): string {
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  return version;
}
