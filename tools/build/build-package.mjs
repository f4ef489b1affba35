/**
 * Compiles the package in the current folder from `src/` to `dist/` with SWC, specs left out.
 * Run by Nx, which caches the result.
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const swc = join(dirname(createRequire(import.meta.url).resolve('@swc/cli/package.json')), 'bin', 'swc.js');

rmSync('dist', { recursive: true, force: true });
const { status } = spawnSync(
  process.execPath,
  [
    swc,
    'src',
    '--out-dir',
    'dist',
    '--strip-leading-paths',
    '--config-file',
    join(root, '.swcrc'),
    '--ignore',
    '**/*.spec.ts,**/*.comp-spec.ts,**/*.int-spec.ts,**/testing/**',
    '--quiet',
  ],
  { stdio: 'inherit' },
);
process.exit(status ?? 1);
