/**
 * The command line with all that it imports in one file. It is made from the sources, since nothing in them needs the
 * metadata of decorators.
 */
import { build } from 'esbuild';
import { readFileSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';

const PROJECT = join(import.meta.dirname, '..', '..');

/**
 * @param {string} folder that the file goes to
 * @returns {Promise<string>} its path
 */
export async function bundleCommandLine(folder) {
  const outfile = join(folder, 'nebulactl.mjs');
  const { version } = /** @type {{ version: string }} */ (
    JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8'))
  );
  await build({
    entryPoints: [join(PROJECT, 'apps', 'nebulactl', 'src', 'main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    conditions: ['source'],
    minify: true,
    // Errors are told apart by their names in messages.
    keepNames: true,
    legalComments: 'none',
    logLevel: 'error',
    define: { NEBULA_VERSION: JSON.stringify(version) },
    banner: {
      // Commander is CommonJS, and asks for modules of Node.
      js: [
        '#!/usr/bin/env node',
        "import { createRequire as __createRequire } from 'node:module';",
        'const require = __createRequire(import.meta.url);',
      ].join('\n'),
    },
  });
  await chmod(outfile, 0o755);
  return outfile;
}
