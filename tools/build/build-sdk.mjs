/**
 * Compiles the SDK, which is in the current folder, for those who import it and those who require it, each with types
 * of its own. The compiler itself does it, with its own settings for browsers and Node alike. Run by Nx, which
 * caches the result.
 */
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');

const FORMS = [
  { folder: 'esm', module: 'esnext', type: 'module' },
  { folder: 'cjs', module: 'commonjs', type: 'commonjs' },
];

rmSync('dist', { recursive: true, force: true });
for (const { folder, module, type } of FORMS) {
  const outDir = join('dist', folder);
  const { status } = spawnSync(
    process.execPath,
    [compiler, '--project', 'tsconfig.build.json', '--module', module, '--outDir', outDir],
    { stdio: 'inherit' },
  );
  if (status !== 0) process.exit(status ?? 1);
  // Says of the files beside it what they are, whatever the package says.
  writeFileSync(join(outDir, 'package.json'), `${JSON.stringify({ type, sideEffects: false })}\n`);
}
