/**
 * Takes the ES modules of packages that give Node CommonJS, of which a bundle would have all and not only what is used.
 * Whoever asks for one gets the same file, so there is one of each.
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** By what is imported: the package, and the path in it. @type {Record<string, [name: string, path: string]>} */
const ES_MODULES = {
  'class-validator': ['class-validator', 'esm2015/index.js'],
  rxjs: ['rxjs', 'dist/esm/index.js'],
  'rxjs/operators': ['rxjs', 'dist/esm/operators/index.js'],
};

/** @type {import('esbuild').Plugin} */
export const esModulesPlugin = {
  name: 'es-modules',
  setup(build) {
    build.onResolve({ filter: /^(class-validator|rxjs|rxjs\/operators)$/ }, ({ path, resolveDir }) => {
      const module = ES_MODULES[path];
      if (!module) return undefined;
      const [name, file] = module;
      const require = createRequire(join(resolveDir, 'importer.js'));
      return {
        path: join(dirname(require.resolve(`${name}/package.json`)), file),
        // As their package.json says, which esbuild doesn't look at when a plugin has found them.
        sideEffects: false,
      };
    });
  },
};
